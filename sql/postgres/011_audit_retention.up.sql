-- What people and repairs have changed beside the workflows' own course. Rows are only ever added.
create table audit_logs (
  id           uuid        primary key,
  at           timestamptz not null,
  organization text,
  actor        text        not null check (actor <> ''),
  action       text        not null check (action <> ''),
  target       text        not null,
  before       jsonb,
  after        jsonb
);
create index audit_logs_list on audit_logs (organization, at desc, id desc);
create index audit_logs_target on audit_logs (target, at desc);
