drop trigger execution_labels_delete;
drop trigger execution_labels_update;
drop trigger execution_labels_insert;
drop table execution_labels;
