-- Ids that are made from keys have no time and count as of 1970. They get a place of their own, so that the default partitions stay empty
-- and a new month costs nothing. What an earlier version has put into the default ones moves, and appends wait for as long as that takes.
create table execution_events_keyed (like execution_events_default including all);
lock table execution_events_default in access exclusive mode;
with moved as (delete from execution_events_default where created_on < '2020-01-01' returning *)
insert into execution_events_keyed select * from moved;
alter table execution_events attach partition execution_events_keyed for values from (minvalue) to ('2020-01-01');

create table execution_logs_keyed (like execution_logs_default including all);
lock table execution_logs_default in access exclusive mode;
with moved as (delete from execution_logs_default where created_on < '2020-01-01' returning *)
insert into execution_logs_keyed select * from moved;
alter table execution_logs attach partition execution_logs_keyed for values from (minvalue) to ('2020-01-01');
