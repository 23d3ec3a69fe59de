drop index executions_live;
drop index executions_retry_of;
alter table executions drop column retry_of;
