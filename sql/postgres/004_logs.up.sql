-- One rising number for the whole log; partitioned tables cannot have an identity column before PostgreSQL 17.
create sequence execution_logs_id;

-- created_on is the day in the execution's id, as in the journal.
create table execution_logs (
  execution_id uuid        not null,
  id           bigint      not null default nextval('execution_logs_id'),
  created_on   date        not null,
  task         text,
  attempt      integer     not null,
  at           timestamptz not null,
  level        text        not null check (level in ('debug', 'info', 'warning', 'error')),
  stream       text        not null check (stream in ('stdout', 'stderr', 'engine')),
  message      text        not null,
  primary key (execution_id, id, created_on)
) partition by range (created_on);

alter sequence execution_logs_id owned by execution_logs.id;

do $lz4$
begin
  alter table execution_logs alter column message set compression lz4;
exception when feature_not_supported or syntax_error or invalid_parameter_value then
  raise notice 'lz4 is not built into this server; the default compression stays';
end
$lz4$;

-- Takes what no month covers, so that an insert never fails for want of a partition.
create table execution_logs_default partition of execution_logs default;
