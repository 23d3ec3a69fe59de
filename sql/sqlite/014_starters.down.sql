drop index executions_starter;
