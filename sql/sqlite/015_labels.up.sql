-- What PostgreSQL has an index of its own for: executions by their labels, newest first. Triggers keep it, so that it is what the rows say.
create table execution_labels (
  owner        text    not null,
  label        text    not null,
  value        text    not null,
  at           integer not null,
  execution_id text    not null,
  primary key (owner, label, value, at desc, execution_id desc)
) without rowid;

insert into execution_labels (owner, label, value, at, execution_id)
select e.organization, have.key, have.value, e.created_at, e.id from executions e, json_each(e.labels) as have where e.labels <> '{}';

create trigger execution_labels_insert after insert on executions when new.labels <> '{}'
begin
  insert into execution_labels (owner, label, value, at, execution_id)
  select new.organization, have.key, have.value, new.created_at, new.id from json_each(new.labels) as have;
end;

create trigger execution_labels_update after update of labels on executions when new.labels <> old.labels
begin
  delete from execution_labels
   where (owner, label, value, at, execution_id) in
         (select old.organization, had.key, had.value, old.created_at, old.id from json_each(old.labels) as had);
  insert into execution_labels (owner, label, value, at, execution_id)
  select new.organization, have.key, have.value, new.created_at, new.id from json_each(new.labels) as have;
end;

create trigger execution_labels_delete after delete on executions when old.labels <> '{}'
begin
  delete from execution_labels
   where (owner, label, value, at, execution_id) in
         (select old.organization, had.key, had.value, old.created_at, old.id from json_each(old.labels) as had);
end;
