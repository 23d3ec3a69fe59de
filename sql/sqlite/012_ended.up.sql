-- Retention pages through what has ended, many of which may have ended at the same time.
create index executions_completed on executions (completed_at, id) where completed_at is not null;
drop index executions_ended;

-- The sweep goes by executions_wake.
drop index executions_due;
