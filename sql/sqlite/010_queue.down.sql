drop index orleansstorage_names;
drop index executions_queued_wake;
drop index executions_wake;
drop index executions_queued;
alter table executions drop column queue_lane;
