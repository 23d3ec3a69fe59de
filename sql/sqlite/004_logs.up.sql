create table execution_logs (
  id           integer primary key autoincrement,
  execution_id text    not null,
  task         text,
  attempt      integer not null,
  at           integer not null,
  level        text    not null check (level in ('debug', 'info', 'warning', 'error')),
  stream       text    not null check (stream in ('stdout', 'stderr', 'engine')),
  message      text    not null
);
create index execution_logs_execution on execution_logs (execution_id, id);
