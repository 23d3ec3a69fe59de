-- periplon: no transaction
-- Retention pages through what has ended, many of which may have ended at the same time.
create index concurrently if not exists executions_completed on executions (completed_at, id) where completed_at is not null;
drop index concurrently if exists executions_ended;

-- The sweep goes by executions_wake. Silos that know only the dropped index go by executions_active until they are replaced.
drop index concurrently if exists executions_due;
