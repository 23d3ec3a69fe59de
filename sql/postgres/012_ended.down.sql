create index executions_due on executions (partition, next_wake_at)
  where status in ('queued', 'running', 'waiting', 'paused');
create index executions_ended on executions (completed_at) where completed_at is not null;
drop index executions_completed;
