create table workflows (
  id           uuid        primary key,
  organization text        not null,
  name         text        not null check (name <> ''),
  version      text        not null,
  revision     integer     not null check (revision >= 1),
  description  text,
  tags         jsonb       not null default '[]' check (jsonb_typeof(tags) = 'array'),
  is_active    boolean     not null,
  is_deleted   boolean     not null,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  created_by   text
);
-- A deleted workflow gives its name back.
create unique index workflows_name on workflows (organization, name) where not is_deleted;
create index workflows_tags on workflows using gin (tags) where not is_deleted;

create table workflow_versions (
  workflow_id uuid        not null references workflows (id) on delete cascade,
  revision    integer     not null check (revision >= 1),
  version     text        not null,
  definition  text        not null,
  sha256      text        not null check (length(sha256) = 64),
  created_at  timestamptz not null,
  created_by  text,
  primary key (workflow_id, revision)
);
