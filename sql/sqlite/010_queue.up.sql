-- The class of an execution that waits to be started: which workers may take its first task. Null once it has started, and while it waits
-- for something else.
alter table executions add column queue_lane text;
update executions set queue_lane = '' where status = 'queued' and wait_reason = 'worker';

-- Executions that wait to be started, in the order in which a partition reads them: organization by organization, class by class.
create index executions_queued on executions (partition, organization, queue_lane, priority, created_at, id)
  where status = 'queued' and queue_lane is not null;

-- What the sweep looks at by time. What waits to be started is not among it: a million of those would be due every minute.
create index executions_wake on executions (partition, next_wake_at, id)
  where status in ('running', 'waiting', 'paused') or (status = 'queued' and queue_lane is null);

-- Those among them that have a time of their own, a time limit above all. What has none is to be woken at its beginning: by nothing but room.
create index executions_queued_wake on executions (partition, next_wake_at, id)
  where status = 'queued' and queue_lane is not null and next_wake_at > created_at;

-- Limits are listed by their keys.
create index orleansstorage_names on orleansstorage (graintypestring, grainidextensionstring);
