using Periplon.Core.Executions;

namespace Periplon.Engine.Storage;

internal sealed partial class SqliteJournalWriter
{
    private const string AppendSql = """
        insert into execution_events (execution_id, seq, writer, at, events)
        select @id, @seq, @writer, @at, @events
         where @seq = 1 or exists (select 1 from execution_events where execution_id = @id and seq = @seq - 1)
        on conflict do nothing
        """;

    private const string WriterSql = "select writer from execution_events where execution_id = @id and seq = @seq";

    private static readonly string[] IdentityColumns =
    [
        "id", "organization", "workflow_id", "workflow_name", "trigger_type", "triggered_by", "parent_execution_id", "inputs", "created_at",
        "retry_of",
    ];

    private static readonly string[] ChangingColumns =
    [
        "workflow_version", "revision", "status", "priority", "partition", "wait_reason", "next_wake_at", "result", "error", "retry_count",
        "labels", "started_at", "completed_at", "queue_lane",
    ];

    private static readonly string CreateSql = $"""
        insert into executions ({string.Join(", ", IdentityColumns)}, {string.Join(", ", ChangingColumns)})
        values (@{string.Join(", @", IdentityColumns)}, @{string.Join(", @", ChangingColumns)})
        on conflict (id) do nothing
        """;

    private static readonly string UpdateSql = $"""
        update executions set {string.Join(", ", ChangingColumns.Select(column => $"{column} = @{column}"))}
         where id = @id and status in ('queued', 'running', 'waiting', 'paused')
        """;

    private static object?[] Identity(ExecutionRow row) =>
    [
        row.Id, row.Organization, row.WorkflowId, row.WorkflowName, row.TriggerType, row.TriggeredBy, row.ParentExecutionId, row.Inputs,
        row.CreatedAt, row.RetryOf,
    ];

    private static object?[] Changing(ExecutionRow row) =>
    [
        row.WorkflowVersion, row.Revision, row.Status.ToWord(), row.Priority, row.Partition, row.WaitReason, row.NextWakeAt, row.Result,
        row.Error, row.RetryCount, row.Labels, row.StartedAt, row.CompletedAt, row.QueueLane,
    ];
}
