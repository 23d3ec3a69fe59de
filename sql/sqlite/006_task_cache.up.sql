-- Outputs of tasks with a cache key.
create table task_cache (
  organization text    not null,
  workflow_id  text    not null,
  task         text    not null,
  key_hash     text    not null check (length(key_hash) = 64),
  output       text    not null,
  created_at   integer not null,
  expires_at   integer,
  primary key (organization, workflow_id, task, key_hash)
) without rowid;
create index task_cache_expires_at on task_cache (expires_at) where expires_at is not null;
create index task_cache_created_at on task_cache (created_at) where expires_at is null;
