drop index executions_ended_workflow;
drop table bulk_operations;
drop table trigger_runs;
drop table triggers;
