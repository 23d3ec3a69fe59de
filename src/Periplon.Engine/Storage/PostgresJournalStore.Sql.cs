namespace Periplon.Engine.Storage;

internal sealed partial class PostgresJournalStore
{
    // One execution is at most once in a batch, so its id names the item. "(... in ...) is true" and the scalar subquery keep the planner
    // from turning look-ups into joins. That an execution is active is asked by completed_at: asked by its status, as the partial indexes
    // have it, a planner that knows the table as empty reads all of such an index for each batch.
    internal const string AppendSql = """
        with input as (
          select * from unnest($1::uuid[], $2::bigint[], $3::date[], $4::uuid[], $5::timestamptz[], $6::bytea[])
            as t (execution_id, seq, created_on, writer, at, events)),
        appended as (
          insert into execution_events (execution_id, seq, created_on, writer, at, events)
          select execution_id, seq, created_on, writer, at, events from input i
           where seq = 1
              or (select true from execution_events p
                   where p.execution_id = i.execution_id and p.seq = i.seq - 1 and p.created_on = i.created_on)
          on conflict do nothing
          returning execution_id),
        changed as (
          select * from unnest($7::uuid[], $8::bigint[], $9::text[], $10::uuid[], $11::text[], $12::text[], $13::integer[], $14::text[],
                               $15::integer[], $16::integer[], $17::text[], $18::timestamptz[], $19::text[], $20::text[], $21::uuid[],
                               $22::text[], $23::text[], $24::text[], $25::integer[], $26::jsonb[], $27::timestamptz[],
                               $28::timestamptz[], $29::timestamptz[], $30::uuid[], $31::text[])
            as t (id, seq, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition, wait_reason,
                  next_wake_at, trigger_type, triggered_by, parent_execution_id, inputs, result, error, retry_count, labels, created_at,
                  started_at, completed_at, retry_of, queue_lane)
           where (id in (select execution_id from appended)) is true),
        created as (
          insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                  wait_reason, next_wake_at, trigger_type, triggered_by, parent_execution_id, inputs, result, error,
                                  retry_count, labels, created_at, started_at, completed_at, retry_of, queue_lane)
          select id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                 wait_reason, next_wake_at, trigger_type, triggered_by, parent_execution_id, inputs, result, error,
                 retry_count, labels, created_at, started_at, completed_at, retry_of, queue_lane
            from changed where seq = 1
          on conflict do nothing),
        updated as (
          update executions e
             set workflow_version = c.workflow_version, revision = c.revision, status = c.status, priority = c.priority,
                 partition = c.partition, wait_reason = c.wait_reason, next_wake_at = c.next_wake_at, result = c.result, error = c.error,
                 retry_count = c.retry_count, labels = c.labels, started_at = c.started_at, completed_at = c.completed_at,
                 queue_lane = c.queue_lane
            from changed c
           where e.id = c.id and c.seq > 1 and e.completed_at is null)
        select execution_id from appended
        """;

    private const string WritersSql = """
        select e.execution_id, e.writer
          from unnest($1::uuid[], $2::bigint[]) as i (execution_id, seq)
          join execution_events e on e.execution_id = i.execution_id and e.seq = i.seq
        """;
}
