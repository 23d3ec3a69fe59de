drop table execution_logs;
