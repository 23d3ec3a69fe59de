alter table execution_logs detach partition execution_logs_keyed;
insert into execution_logs_default select * from execution_logs_keyed;
drop table execution_logs_keyed;

alter table execution_events detach partition execution_events_keyed;
insert into execution_events_default select * from execution_events_keyed;
drop table execution_events_keyed;
