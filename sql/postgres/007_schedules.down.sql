drop table schedule_runs;
drop table schedule_backfills;
drop table schedules;
