-- What starts executions, or signals them, when something happens elsewhere.
create table triggers (
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
create unique index triggers_name on triggers (organization, name);
create index triggers_watching on triggers (id) where kind = 'completion' and not is_paused;

-- The look for the ends of some workflows.
create index executions_ended_workflow on executions (workflow_id, completed_at, id) where completed_at is not null;

-- What became of each delivery or ended execution. The key lets nothing be handled twice; the row is there before anything is started.
create table trigger_runs (
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
-- The same signed message under another delivery id is the same delivery.
create unique index trigger_runs_fingerprint on trigger_runs (trigger_id, fingerprint) where fingerprint is not null;
create index trigger_runs_list on trigger_runs (trigger_id, created_at desc, source desc);
create index trigger_runs_source on trigger_runs (source_execution_id) where source_execution_id is not null;
create unique index trigger_runs_execution on trigger_runs (execution_id) where execution_id is not null;
create index trigger_runs_pending on trigger_runs (trigger_id, updated_at) where status = 'pending';
create index trigger_runs_created on trigger_runs (created_at);

-- One action on all executions of a filter, and how far it is.
create table bulk_operations (
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
create index bulk_operations_list on bulk_operations (organization, created_at desc, id desc);
create index bulk_operations_running on bulk_operations (created_at) where status = 'running';
create index bulk_operations_ended on bulk_operations (completed_at) where completed_at is not null;
