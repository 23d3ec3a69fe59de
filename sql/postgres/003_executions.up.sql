-- The list and search projection of executions. It is written by the journal's transaction and by nothing else, but for next_wake_at.
create table executions (
  id                  uuid        primary key,
  organization        text        not null,
  workflow_id         uuid        not null,
  workflow_name       text        not null,
  workflow_version    text        not null,
  revision            integer     not null,
  status              text        not null
    check (status in ('queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'timed_out')),
  priority            integer     not null,
  partition           integer     not null check (partition >= 0),
  wait_reason         text,
  next_wake_at        timestamptz,
  trigger_type        text        not null,
  triggered_by        text,
  parent_execution_id uuid,
  inputs              text        not null,
  result              text,
  error               text,
  retry_count         integer     not null check (retry_count >= 0),
  labels              jsonb       not null check (jsonb_typeof(labels) = 'object'),
  created_at          timestamptz not null,
  started_at          timestamptz,
  completed_at        timestamptz,
  -- What has ended has an end and waits for nothing; what has not ended has a next look at it, so that nothing is ever forgotten.
  constraint executions_end check (
    case when status in ('completed', 'failed', 'cancelled', 'timed_out')
         then completed_at is not null and next_wake_at is null and wait_reason is null
         else completed_at is null and next_wake_at is not null end)
) with (fillfactor = 70);

create index executions_active on executions (partition, id)
  where status in ('queued', 'running', 'waiting', 'paused');
create index executions_due on executions (partition, next_wake_at)
  where status in ('queued', 'running', 'waiting', 'paused');
create index executions_list on executions (organization, created_at desc, id desc);
create index executions_workflow on executions (workflow_id, created_at desc, id desc);
create index executions_status on executions (organization, status, created_at desc, id desc);
create index executions_parent on executions (parent_execution_id) where parent_execution_id is not null;
create index executions_labels on executions using gin (labels jsonb_path_ops) where labels <> '{}';
-- Retention walks what has ended by its end.
create index executions_ended on executions (completed_at) where completed_at is not null;

-- The journal. A row is one commit of one execution. created_on is the day in the execution's id, hence the same for all rows of an
-- execution: it lets the table be partitioned by time and the key still catch two writers of one sequence number.
create table execution_events (
  execution_id uuid        not null,
  seq          bigint      not null check (seq >= 1),
  created_on   date        not null,
  writer       uuid        not null,
  at           timestamptz not null,
  events       bytea       not null,
  primary key (execution_id, seq, created_on)
) partition by range (created_on);

create table checkpoints (
  execution_id uuid        primary key,
  seq          bigint      not null check (seq >= 1),
  at           timestamptz not null,
  state        bytea       not null
);

do $lz4$
begin
  alter table execution_events alter column events set compression lz4;
  alter table checkpoints alter column state set compression lz4;
  alter table executions alter column inputs set compression lz4;
  alter table executions alter column result set compression lz4;
exception when feature_not_supported or syntax_error or invalid_parameter_value then
  raise notice 'lz4 is not built into this server; the default compression stays';
end
$lz4$;

-- Takes what no month covers, so that an insert never fails for want of a partition.
create table execution_events_default partition of execution_events default;
