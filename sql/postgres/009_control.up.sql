-- An execution may retry an ended one, which then shows who retried it.
alter table executions add column retry_of uuid;
create index executions_retry_of on executions (retry_of) where retry_of is not null;
