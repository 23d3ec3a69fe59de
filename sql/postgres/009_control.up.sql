-- periplon: no transaction
-- An execution may retry an ended one, which then shows who retried it.
alter table executions add column if not exists retry_of uuid;
create index concurrently if not exists executions_retry_of on executions (retry_of) where retry_of is not null;
-- Executions under way by revision: the report of what a new revision means for them, and their move to it. Subflows belong to their parents.
create index concurrently if not exists executions_live on executions (workflow_id, revision, id)
  where status in ('queued', 'running', 'waiting', 'paused') and trigger_type <> 'subflow';
