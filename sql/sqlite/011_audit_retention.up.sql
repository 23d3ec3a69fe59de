-- What people and repairs have changed beside the workflows' own course. Rows are only ever added.
create table audit_logs (
  id           text    primary key,
  at           integer not null,
  organization text,
  actor        text    not null check (actor <> ''),
  action       text    not null check (action <> ''),
  target       text    not null,
  before       text    check (before is null or json_valid(before)),
  after        text    check (after is null or json_valid(after))
);
create index audit_logs_list on audit_logs (organization, at desc, id desc);
create index audit_logs_target on audit_logs (target, at desc);
