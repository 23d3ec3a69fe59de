-- The list and search projection of executions. It is written by the journal's transaction and by nothing else, but for next_wake_at.
create table executions (
  id                  text    primary key,
  organization        text    not null,
  workflow_id         text    not null,
  workflow_name       text    not null,
  workflow_version    text    not null,
  revision            integer not null,
  status              text    not null
    check (status in ('queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'timed_out')),
  priority            integer not null,
  partition           integer not null check (partition >= 0),
  wait_reason         text,
  next_wake_at        integer,
  trigger_type        text    not null,
  triggered_by        text,
  parent_execution_id text,
  inputs              text    not null,
  result              text,
  error               text,
  retry_count         integer not null check (retry_count >= 0),
  labels              text    not null check (json_type(labels) = 'object'),
  created_at          integer not null,
  started_at          integer,
  completed_at        integer,
  -- What has ended has an end and waits for nothing; what has not ended has a next look at it, so that nothing is ever forgotten.
  constraint executions_end check (
    case when status in ('completed', 'failed', 'cancelled', 'timed_out')
         then completed_at is not null and next_wake_at is null and wait_reason is null
         else completed_at is null and next_wake_at is not null end)
);

create index executions_active on executions (partition, id)
  where status in ('queued', 'running', 'waiting', 'paused');
create index executions_due on executions (partition, next_wake_at)
  where status in ('queued', 'running', 'waiting', 'paused');
create index executions_list on executions (organization, created_at desc, id desc);
create index executions_workflow on executions (workflow_id, created_at desc, id desc);
create index executions_status on executions (organization, status, created_at desc, id desc);
create index executions_parent on executions (parent_execution_id) where parent_execution_id is not null;
-- Retention walks what has ended by its end.
create index executions_ended on executions (completed_at) where completed_at is not null;

-- The journal. A row is one commit of one execution.
create table execution_events (
  execution_id text    not null,
  seq          integer not null check (seq >= 1),
  writer       text    not null,
  at           integer not null,
  events       blob    not null,
  primary key (execution_id, seq)
);

create table checkpoints (
  execution_id text    primary key,
  seq          integer not null check (seq >= 1),
  at           integer not null,
  state        blob    not null
);
