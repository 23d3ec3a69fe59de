drop table checkpoints;
drop table execution_events;
drop table executions;
