drop index orleansstorage_names;
create index executions_due on executions (partition, next_wake_at)
  where status in ('queued', 'running', 'waiting', 'paused');
drop index executions_queued_wake;
drop index executions_wake;
drop index executions_queued;
alter table executions drop column queue_lane;
