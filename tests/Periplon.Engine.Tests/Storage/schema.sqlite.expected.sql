CREATE TABLE audit_logs (
  id           text    primary key,
  at           integer not null,
  organization text,
  actor        text    not null check (actor <> ''),
  action       text    not null check (action <> ''),
  target       text    not null,
  before       text    check (before is null or json_valid(before)),
  after        text    check (after is null or json_valid(after))
);
CREATE INDEX audit_logs_list on audit_logs (organization, at desc, id desc);
CREATE INDEX audit_logs_target on audit_logs (target, at desc);
CREATE TABLE bulk_operations (
  id               text        primary key,
  organization     text        not null,
  action           text        not null,
  request          text        not null,
  reason           text,
  status           text        not null check (status in ('running', 'completed', 'cancelled')),
  cancel_requested integer     not null check (cancel_requested in (0, 1)),
  matched          integer     not null check (matched >= 0),
  done             integer     not null check (done >= 0),
  unchanged        integer     not null check (unchanged >= 0),
  failed           integer     not null check (failed >= 0),
  errors           text        not null,
  cursor_at        integer,
  cursor_id        text,
  claim            text,
  owner            text,
  lease_until      integer,
  created_at       integer     not null,
  created_by       text,
  updated_at       integer     not null,
  completed_at     integer,
  constraint bulk_operations_end check ((status = 'running') = (completed_at is null)),
  constraint bulk_operations_cursor check ((cursor_at is null) = (cursor_id is null))
);
CREATE INDEX bulk_operations_ended on bulk_operations (completed_at) where completed_at is not null;
CREATE INDEX bulk_operations_list on bulk_operations (organization, created_at desc, id desc);
CREATE INDEX bulk_operations_running on bulk_operations (created_at) where status = 'running';
CREATE TABLE checkpoints (
  execution_id text    primary key,
  seq          integer not null check (seq >= 1),
  at           integer not null,
  state        blob    not null
);
CREATE TABLE execution_events (
  execution_id text    not null,
  seq          integer not null check (seq >= 1),
  writer       text    not null,
  at           integer not null,
  events       blob    not null,
  primary key (execution_id, seq)
);
CREATE TABLE execution_labels (
  owner        text    not null,
  label        text    not null,
  value        text    not null,
  at           integer not null,
  execution_id text    not null,
  primary key (owner, label, value, at desc, execution_id desc)
) without rowid;
CREATE TABLE execution_logs (
  id           integer primary key autoincrement,
  execution_id text    not null,
  task         text,
  attempt      integer not null,
  at           integer not null,
  level        text    not null check (level in ('debug', 'info', 'warning', 'error')),
  stream       text    not null check (stream in ('stdout', 'stderr', 'engine')),
  message      text    not null
);
CREATE INDEX execution_logs_execution on execution_logs (execution_id, id);
CREATE TRIGGER execution_labels_delete after delete on executions when old.labels <> '{}'
begin
  delete from execution_labels
   where (owner, label, value, at, execution_id) in
         (select old.organization, had.key, had.value, old.created_at, old.id from json_each(old.labels) as had);
end;
CREATE TRIGGER execution_labels_insert after insert on executions when new.labels <> '{}'
begin
  insert into execution_labels (owner, label, value, at, execution_id)
  select new.organization, have.key, have.value, new.created_at, new.id from json_each(new.labels) as have;
end;
CREATE TRIGGER execution_labels_update after update of labels on executions when new.labels <> old.labels
begin
  delete from execution_labels
   where (owner, label, value, at, execution_id) in
         (select old.organization, had.key, had.value, old.created_at, old.id from json_each(old.labels) as had);
  insert into execution_labels (owner, label, value, at, execution_id)
  select new.organization, have.key, have.value, new.created_at, new.id from json_each(new.labels) as have;
end;
CREATE TABLE executions (
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
  completed_at        integer, retry_of text, queue_lane text,
  -- What has ended has an end and waits for nothing; what has not ended has a next look at it, so that nothing is ever forgotten.
  constraint executions_end check (
    case when status in ('completed', 'failed', 'cancelled', 'timed_out')
         then completed_at is not null and next_wake_at is null and wait_reason is null
         else completed_at is null and next_wake_at is not null end)
);
CREATE INDEX executions_active on executions (partition, id)
  where status in ('queued', 'running', 'waiting', 'paused');
CREATE INDEX executions_completed on executions (completed_at, id) where completed_at is not null;
CREATE INDEX executions_ended_workflow on executions (workflow_id, completed_at, id) where completed_at is not null;
CREATE INDEX executions_list on executions (organization, created_at desc, id desc);
CREATE INDEX executions_live on executions (workflow_id, revision, id)
  where status in ('queued', 'running', 'waiting', 'paused') and trigger_type <> 'subflow';
CREATE INDEX executions_parent on executions (parent_execution_id) where parent_execution_id is not null;
CREATE INDEX executions_queued on executions (partition, organization, queue_lane, priority, created_at, id)
  where status = 'queued' and queue_lane is not null;
CREATE INDEX executions_queued_wake on executions (partition, next_wake_at, id)
  where status = 'queued' and queue_lane is not null and next_wake_at > created_at;
CREATE INDEX executions_retry_of on executions (retry_of) where retry_of is not null;
CREATE INDEX executions_starter on executions (organization, triggered_by, created_at desc, id desc) where triggered_by is not null;
CREATE INDEX executions_status on executions (organization, status, created_at desc, id desc);
CREATE INDEX executions_wake on executions (partition, next_wake_at, id)
  where status in ('running', 'waiting', 'paused') or (status = 'queued' and queue_lane is null);
CREATE INDEX executions_workflow on executions (workflow_id, created_at desc, id desc);
CREATE TABLE orleansmembershiptable (
  deploymentid text    not null,
  address      text    not null,
  port         integer not null,
  generation   integer not null,
  siloname     text    not null,
  hostname     text    not null,
  status       integer not null,
  proxyport    integer,
  suspecttimes text,
  starttime    text    not null,
  iamalivetime text    not null,
  primary key (deploymentid, address, port, generation)
);
CREATE TABLE orleansmembershipversiontable (
  deploymentid text    primary key,
  timestamp    text    not null,
  version      integer not null default 0
);
CREATE TABLE orleansquery (
  querykey  text primary key,
  querytext text not null
) without rowid;
CREATE TABLE orleansreminderstable (
  serviceid    text    not null,
  grainid      text    not null,
  remindername text    not null,
  starttime    text    not null,
  period       integer not null,
  grainhash    integer not null,
  version      integer not null,
  primary key (serviceid, grainid, remindername)
) without rowid;
CREATE INDEX orleansreminderstable_hash on orleansreminderstable (serviceid, grainhash);
CREATE TABLE orleansstorage (
  grainidhash            integer not null,
  grainidn0              integer not null,
  grainidn1              integer not null,
  graintypehash          integer not null,
  graintypestring        text    not null,
  grainidextensionstring text,
  serviceid              text    not null,
  payloadbinary          blob,
  modifiedon             text    not null,
  version                integer not null
);
CREATE UNIQUE INDEX orleansstorage_key on orleansstorage
  (grainidhash, graintypehash, grainidn0, grainidn1, serviceid, graintypestring, ifnull(grainidextensionstring, ''));
CREATE INDEX orleansstorage_names on orleansstorage (graintypestring, grainidextensionstring);
CREATE TABLE schedule_backfills (
  id           text        primary key,
  schedule_id  text        not null references schedules (id) on delete cascade,
  organization text        not null,
  shard        integer     not null check (shard >= 0),
  from_at      integer     not null,
  to_at        integer     not null,
  next_at      integer     not null,
  max_parallel integer     not null check (max_parallel >= 1),
  priority     integer     not null,
  status       text        not null check (status in ('running', 'completed', 'cancelled')),
  total        integer     not null check (total >= 0),
  started      integer     not null default 0 check (started >= 0),
  passed       integer     not null default 0 check (passed >= 0),
  created_at   integer     not null,
  completed_at integer,
  created_by   text,
  constraint schedule_backfills_range check (from_at < to_at and next_at between from_at and to_at),
  constraint schedule_backfills_end check ((status = 'running') = (completed_at is null))
);
CREATE INDEX schedule_backfills_active on schedule_backfills (shard) where status = 'running';
CREATE INDEX schedule_backfills_list on schedule_backfills (schedule_id, created_at desc, id desc);
CREATE TABLE schedule_runs (
  schedule_id   text        not null references schedules (id) on delete cascade,
  tick          integer     not null,
  shard         integer     not null check (shard >= 0),
  kind          text        not null check (kind in ('tick', 'manual', 'backfill')),
  status        text        not null check (status in ('scheduled', 'running', 'completed', 'failed', 'skipped')),
  waits         integer     not null check (waits in (0, 1)),
  cancels_older integer     not null check (cancels_older in (0, 1)),
  ticks         integer     not null check (ticks >= 1),
  priority      integer     not null,
  execution_id  text,
  backfill_id   text,
  reason        text,
  created_at    integer     not null,
  started_at    integer,
  completed_at  integer,
  primary key (schedule_id, tick),
  constraint schedule_runs_execution check (status not in ('scheduled', 'running', 'completed') or execution_id is not null),
  constraint schedule_runs_end check ((status in ('scheduled', 'running')) = (completed_at is null)),
  constraint schedule_runs_waits check (not waits or status = 'scheduled')
);
CREATE INDEX schedule_runs_active on schedule_runs (shard, schedule_id) where status in ('scheduled', 'running');
CREATE INDEX schedule_runs_backfill on schedule_runs (backfill_id) where backfill_id is not null;
CREATE INDEX schedule_runs_ended on schedule_runs (shard, completed_at) where completed_at is not null;
CREATE UNIQUE INDEX schedule_runs_execution on schedule_runs (execution_id) where execution_id is not null;
CREATE INDEX schedule_runs_overtaken on schedule_runs (shard, completed_at) where status = 'skipped' and execution_id is not null;
CREATE TABLE schedules (
  id                 text        primary key,
  organization       text        not null,
  shard              integer     not null check (shard >= 0),
  revision           integer     not null check (revision >= 1),
  name               text        check (name <> ''),
  workflow_id        text        not null,
  cron_expression    text,
  interval_secs      integer     check (interval_secs >= 1),
  timezone           text        not null,
  inputs             text        not null,
  description        text,
  overlap            text        not null check (overlap in ('allow', 'skip', 'queue', 'cancel_old')),
  missed             text        not null check (missed in ('skip', 'last', 'all')),
  missed_window_secs integer     not null check (missed_window_secs >= 1),
  jitter_secs        integer     not null check (jitter_secs >= 0),
  start_at           integer,
  end_at             integer,
  priority           integer     not null,
  is_active          integer     not null check (is_active in (0, 1)),
  next_tick          integer,
  next_fire_at       integer,
  last_tick          integer,
  last_run_at        integer,
  failures           integer     not null default 0 check (failures >= 0),
  last_error         text,
  created_at         integer     not null,
  updated_at         integer     not null,
  created_by         text,
  deleted_at         integer,
  constraint schedules_rule check ((cron_expression is null) <> (interval_secs is null)),
  constraint schedules_next check ((next_tick is null) = (next_fire_at is null) and (next_tick is null or is_active)),
  constraint schedules_gone check (deleted_at is null or not is_active)
);
CREATE INDEX schedules_deleted on schedules (shard) where deleted_at is not null;
CREATE INDEX schedules_due on schedules (shard, next_fire_at) where next_fire_at is not null;
CREATE INDEX schedules_list on schedules (organization, created_at desc, id desc);
CREATE UNIQUE INDEX schedules_name on schedules (organization, name) where name is not null;
CREATE INDEX schedules_workflow on schedules (workflow_id);
CREATE TABLE schema_migrations (
  number     integer primary key,
  name       text    not null,
  checksum   text    not null,
  applied_at integer not null
);
CREATE TABLE task_cache (
  organization text    not null,
  workflow_id  text    not null,
  task         text    not null,
  key_hash     text    not null check (length(key_hash) = 64),
  output       text    not null,
  created_at   integer not null,
  expires_at   integer,
  primary key (organization, workflow_id, task, key_hash)
) without rowid;
CREATE INDEX task_cache_created_at on task_cache (created_at) where expires_at is null;
CREATE INDEX task_cache_expires_at on task_cache (expires_at) where expires_at is not null;
CREATE TABLE trigger_runs (
  trigger_id          text        not null,
  source              text        not null,
  organization        text        not null,
  fingerprint         text,
  source_execution_id text,
  execution_id        text,
  status              text        not null check (status in ('pending', 'started', 'signalled', 'refused')),
  detail              text,
  depth               integer     not null check (depth >= 0),
  created_at          integer     not null,
  updated_at          integer     not null,
  primary key (trigger_id, source)
);
CREATE INDEX trigger_runs_created on trigger_runs (created_at);
CREATE UNIQUE INDEX trigger_runs_execution on trigger_runs (execution_id) where execution_id is not null;
CREATE UNIQUE INDEX trigger_runs_fingerprint on trigger_runs (trigger_id, fingerprint) where fingerprint is not null;
CREATE INDEX trigger_runs_list on trigger_runs (trigger_id, created_at desc, source desc);
CREATE INDEX trigger_runs_pending on trigger_runs (trigger_id, updated_at) where status = 'pending';
CREATE INDEX trigger_runs_source on trigger_runs (source_execution_id) where source_execution_id is not null;
CREATE TABLE triggers (
  id                  text        primary key,
  organization        text        not null,
  name                text        not null check (name <> ''),
  kind                text        not null check (kind in ('webhook', 'completion')),
  is_paused           integer     not null check (is_paused in (0, 1)),
  revision            integer     not null check (revision >= 1),
  workflow_id         text,
  watched_workflow_id text,
  definition          text        not null,
  secret              text,
  secret_set_at       integer,
  previous_secret     text,
  previous_until      integer,
  active_since        integer     not null,
  scanned_to          integer     not null,
  created_at          integer     not null,
  updated_at          integer     not null,
  created_by          text,
  constraint triggers_parts check (
    case kind when 'webhook' then secret is not null and secret_set_at is not null and watched_workflow_id is null
              else secret is null and watched_workflow_id is not null and workflow_id is not null end),
  constraint triggers_previous check ((previous_secret is null) = (previous_until is null))
);
CREATE UNIQUE INDEX triggers_name on triggers (organization, name);
CREATE INDEX triggers_watching on triggers (id) where kind = 'completion' and not is_paused;
CREATE TABLE workflow_versions (
  workflow_id text    not null references workflows (id) on delete cascade,
  revision    integer not null check (revision >= 1),
  version     text    not null,
  definition  text    not null,
  sha256      text    not null check (length(sha256) = 64),
  created_at  integer not null,
  created_by  text, resources text,
  primary key (workflow_id, revision)
);
CREATE TABLE workflows (
  id           text    primary key,
  organization text    not null,
  name         text    not null check (name <> ''),
  version      text    not null,
  revision     integer not null check (revision >= 1),
  description  text,
  tags         text    not null default '[]' check (json_type(tags) = 'array'),
  is_active    integer not null check (is_active in (0, 1)),
  is_deleted   integer not null check (is_deleted in (0, 1)),
  created_at   integer not null,
  updated_at   integer not null,
  created_by   text
) without rowid;
CREATE UNIQUE INDEX workflows_name on workflows (organization, name) where not is_deleted;
