-- Ids are lower-case text and times are microseconds since 1970, so both sort as they do in PostgreSQL.
create table workflows (
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
-- A deleted workflow gives its name back.
create unique index workflows_name on workflows (organization, name) where not is_deleted;

create table workflow_versions (
  workflow_id text    not null references workflows (id) on delete cascade,
  revision    integer not null check (revision >= 1),
  version     text    not null,
  definition  text    not null,
  sha256      text    not null check (length(sha256) = 64),
  created_at  integer not null,
  created_by  text,
  primary key (workflow_id, revision)
);
