-- Outputs of tasks with a cache key. The output is text, because jsonb has no NUL, which JSON has.
create table task_cache (
  organization text        not null,
  workflow_id  uuid        not null,
  task         text        not null,
  key_hash     text        not null check (length(key_hash) = 64),
  output       text        not null,
  created_at   timestamptz not null,
  expires_at   timestamptz,
  primary key (organization, workflow_id, task, key_hash)
);
create index task_cache_expires_at on task_cache (expires_at) where expires_at is not null;
create index task_cache_created_at on task_cache (created_at) where expires_at is null;
