drop index executions_ended;
create index executions_ended on executions (completed_at) where completed_at is not null;
drop table audit_logs;
