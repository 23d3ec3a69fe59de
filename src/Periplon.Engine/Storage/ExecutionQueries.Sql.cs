namespace Periplon.Engine.Storage;

internal sealed partial class ExecutionQueries
{
    // A retry belongs to the organization of what it retries; asking for that here too leads SQLite to another index, and so through all
    // executions.
    internal const string SelectSql = ColumnsSql + FromSql;

    internal const string SqliteLabelledSql = ColumnsSql + SqliteLabelledFromSql;

    private const string ColumnsSql = """
        select id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition, wait_reason,
               next_wake_at, trigger_type, triggered_by, parent_execution_id, inputs, result, error, retry_count, labels, created_at,
               started_at, completed_at, retry_of,
               (select r.id from executions r
                 where r.retry_of = executions.id
                 order by r.created_at desc, r.id desc limit 1) as retried_by, queue_lane

        """;

    private const string FromSql = "from executions";

    // From one label to its executions, newest first: SQLite keeps the order of a cross join.
    private const string SqliteLabelledFromSql = "from execution_labels cross join executions on id = execution_id";

    private const string CountAllSql = "select status, count(*) from executions group by status";

    private const string CountSql = "select status, count(*) from executions where organization = @organization group by status";

    // "labels <> '{}'" is what the partial index says of itself.
    private const string PostgresLabelsSql = " and labels @> @labels and labels <> '{}'";

    private const string SqliteFirstLabelSql =
        " and owner = @organization and label = @label and execution_labels.value = @label_value";

    private const string SqliteFurtherLabelsSql = """
         and not exists (
          select 1 from json_each(@labels) as wanted
           where not exists (select 1 from json_each(executions.labels) as have
                              where have.key = wanted.key and have.value = wanted.value))
        """;
}
