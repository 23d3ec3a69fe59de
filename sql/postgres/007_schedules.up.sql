-- Schedules. next_tick is the first tick that is not decided yet, next_fire_at the time at which it fires; both are null when there is
-- nothing to fire. Who moves next_tick on has the ticks before it.
create table schedules (
  id                 uuid        primary key,
  organization       text        not null,
  shard              integer     not null check (shard >= 0),
  revision           integer     not null check (revision >= 1),
  name               text        check (name <> ''),
  workflow_id        uuid        not null,
  cron_expression    text,
  interval_secs      integer     check (interval_secs >= 1),
  timezone           text        not null,
  inputs             text        not null,
  description        text,
  overlap            text        not null check (overlap in ('allow', 'skip', 'queue', 'cancel_old')),
  missed             text        not null check (missed in ('skip', 'last', 'all')),
  missed_window_secs integer     not null check (missed_window_secs >= 1),
  jitter_secs        integer     not null check (jitter_secs >= 0),
  start_at           timestamptz,
  end_at             timestamptz,
  priority           integer     not null,
  is_active          boolean     not null,
  next_tick          timestamptz,
  next_fire_at       timestamptz,
  last_tick          timestamptz,
  last_run_at        timestamptz,
  failures           integer     not null default 0 check (failures >= 0),
  last_error         text,
  created_at         timestamptz not null,
  updated_at         timestamptz not null,
  created_by         text,
  deleted_at         timestamptz,
  constraint schedules_rule check ((cron_expression is null) <> (interval_secs is null)),
  constraint schedules_next check ((next_tick is null) = (next_fire_at is null) and (next_tick is null or is_active)),
  constraint schedules_gone check (deleted_at is null or not is_active)
) with (fillfactor = 80);

create index schedules_due on schedules (shard, next_fire_at) where next_fire_at is not null;
create index schedules_list on schedules (organization, created_at desc, id desc);
create index schedules_workflow on schedules (workflow_id);
create unique index schedules_name on schedules (organization, name) where name is not null;

-- What is deleted goes with its runs, a few at a time: there may be millions.
create index schedules_deleted on schedules (shard) where deleted_at is not null;

-- Ranges of ticks that are filled where they have no run. next_at is the first tick that was not looked at yet.
create table schedule_backfills (
  id           uuid        primary key,
  schedule_id  uuid        not null references schedules (id) on delete cascade,
  organization text        not null,
  shard        integer     not null check (shard >= 0),
  from_at      timestamptz not null,
  to_at        timestamptz not null,
  next_at      timestamptz not null,
  max_parallel integer     not null check (max_parallel >= 1),
  priority     integer     not null,
  status       text        not null check (status in ('running', 'completed', 'cancelled')),
  total        integer     not null check (total >= 0),
  started      integer     not null default 0 check (started >= 0),
  passed       integer     not null default 0 check (passed >= 0),
  created_at   timestamptz not null,
  completed_at timestamptz,
  created_by   text,
  constraint schedule_backfills_range check (from_at < to_at and next_at between from_at and to_at),
  constraint schedule_backfills_end check ((status = 'running') = (completed_at is null))
);

create index schedule_backfills_active on schedule_backfills (shard) where status = 'running';
create index schedule_backfills_list on schedule_backfills (schedule_id, created_at desc, id desc);

-- What became of each tick. The key is the fence: a tick has one run, whoever decides it.
create table schedule_runs (
  schedule_id   uuid        not null references schedules (id) on delete cascade,
  tick          timestamptz not null,
  shard         integer     not null check (shard >= 0),
  kind          text        not null check (kind in ('tick', 'manual', 'backfill')),
  status        text        not null check (status in ('scheduled', 'running', 'completed', 'failed', 'skipped')),
  waits         boolean     not null,
  cancels_older boolean     not null,
  ticks         integer     not null check (ticks >= 1),
  priority      integer     not null,
  execution_id  uuid,
  backfill_id   uuid,
  reason        text,
  created_at    timestamptz not null,
  started_at    timestamptz,
  completed_at  timestamptz,
  primary key (schedule_id, tick),
  constraint schedule_runs_execution check (status not in ('scheduled', 'running', 'completed') or execution_id is not null),
  constraint schedule_runs_end check ((status in ('scheduled', 'running')) = (completed_at is null)),
  constraint schedule_runs_waits check (not waits or status = 'scheduled')
) with (fillfactor = 80);

create unique index schedule_runs_execution on schedule_runs (execution_id) where execution_id is not null;
create index schedule_runs_active on schedule_runs (shard, schedule_id) where status in ('scheduled', 'running');
create index schedule_runs_backfill on schedule_runs (backfill_id) where backfill_id is not null;
create index schedule_runs_ended on schedule_runs (shard, completed_at) where completed_at is not null;

-- Runs that a newer one overtook before they started. A start of theirs that was under way may still arrive.
create index schedule_runs_overtaken on schedule_runs (shard, completed_at) where status = 'skipped' and execution_id is not null;
