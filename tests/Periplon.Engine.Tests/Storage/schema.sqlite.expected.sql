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
CREATE INDEX executions_ended on executions (completed_at, id) where completed_at is not null;
CREATE INDEX executions_list on executions (organization, created_at desc, id desc);
CREATE INDEX executions_parent on executions (parent_execution_id) where parent_execution_id is not null;
CREATE INDEX executions_queued on executions (partition, organization, queue_lane, priority, created_at, id)
  where status = 'queued' and queue_lane is not null;
CREATE INDEX executions_retry_of on executions (retry_of) where retry_of is not null;
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
