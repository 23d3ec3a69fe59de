using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Bulk;

/// <summary>Does the action of an operation to one execution; what is not answered is a time-out, and may be repeated.</summary>
internal delegate Task<BulkOutcome> BulkAction(BulkOperation operation, ExecutionRow row, CancellationToken cancellationToken);

/// <summary>The actions, and the statuses they are about when the filter names none.</summary>
internal sealed class BulkActions(IGrainFactory grains)
{
    private static readonly ExecutionStatus[] _live =
        [ExecutionStatus.Queued, ExecutionStatus.Running, ExecutionStatus.Waiting, ExecutionStatus.Paused];

    public static IReadOnlyList<string> Words { get; } = ["cancel", "kill", "pause", "resume", "signal", "retry"];

    /// <summary>
    /// The statuses in which an action can change something. A paused execution is called running while its attempts still run, so
    /// resume is about those, too.
    /// </summary>
    public static IReadOnlyList<ExecutionStatus> StatusesOf(string action) => action switch
    {
        "retry" => [ExecutionStatus.Failed, ExecutionStatus.TimedOut],
        "pause" => [ExecutionStatus.Queued, ExecutionStatus.Running, ExecutionStatus.Waiting],
        _ => _live,
    };

    public async Task<BulkOutcome> ActAsync(BulkOperation operation, ExecutionRow row, CancellationToken cancellationToken)
    {
        var execution = grains.GetGrain<IExecutionGrain>(row.Id.ToString("D"));
        var control = new ControlRequest(operation.Organization, operation.CreatedBy, operation.Reason)
        {
            Kill = operation.Action == "kill",
        };
        return operation.Action switch
        {
            "cancel" or "kill" => OutcomeOf(await execution.CancelAsync(control, cancellationToken)),
            "pause" => OutcomeOf(await execution.PauseAsync(control, cancellationToken)),
            "resume" => OutcomeOf(await execution.ResumeAsync(control, cancellationToken)),
            "retry" => await RetryAsync(operation, row, cancellationToken),
            "signal" => OutcomeOf(await execution.SignalAsync(SignalOf(operation), cancellationToken)),
            _ => BulkOutcome.Failed($"This version does not know the action '{operation.Action}'"),
        };
    }

    // The new execution's id comes from operation and execution, so that a repetition starts no second one.
    private async Task<BulkOutcome> RetryAsync(BulkOperation operation, ExecutionRow row, CancellationToken cancellationToken)
    {
        if (row is { TriggerType: TriggerTypes.Subflow, ParentExecutionId: not null })
        {
            // It runs again with its parent; by itself nobody would wait for it.
            return BulkOutcome.Unchanged;
        }

        var request = new RetryExecution
        {
            ExecutionId = ExecutionIds.FromKey(
                operation.Organization, $"bulk:{operation.Id:D}", row.Id.ToString("D"), operation.CreatedAt),
            Organization = operation.Organization,
            RetryOf = row.Id,
            FromTask = operation.Request.FromTask,
            FromStart = operation.Request.FromStart,
            Revision = operation.Request.Latest ? RetryExecution.LatestRevision : RetryExecution.SameRevision,
            TriggeredBy = operation.CreatedBy,
        };
        var workflow = grains.GetGrain<IWorkflowGrain>(row.WorkflowId.ToString("D"));
        var result = await workflow.RetryAsync(request, cancellationToken);
        var problems = string.Join("; ", result.Problems.Take(3).Select(problem => $"{problem.Path}: {problem.Message}"));
        return result.Status switch
        {
            StartStatus.Started or StartStatus.AlreadyStarted => BulkOutcome.Done,
            StartStatus.NotEnded or StartStatus.NothingToRetry or StartStatus.ExecutionNotFound => BulkOutcome.Unchanged,
            StartStatus.WorkflowNotFound => BulkOutcome.Failed("Its workflow does not exist any more"),
            StartStatus.WorkflowInactive => BulkOutcome.Failed("Its workflow is not active"),
            StartStatus.Conflict => BulkOutcome.Failed("The id of its retry belongs to another execution"),
            _ => BulkOutcome.Failed($"It cannot be retried: {problems}"),
        };
    }

    private static BulkOutcome OutcomeOf(ControlStatus status) =>
        status is ControlStatus.Done ? BulkOutcome.Done : BulkOutcome.Unchanged;

    private static BulkOutcome OutcomeOf(SignalStatus status) => status switch
    {
        // The key is the operation's own: what came before came from it.
        SignalStatus.Taken or SignalStatus.Kept or SignalStatus.Repeated => BulkOutcome.Done,
        SignalStatus.Full => BulkOutcome.Failed("It keeps as many signals as it may"),
        _ => BulkOutcome.Unchanged,
    };

    private static SignalRequest SignalOf(BulkOperation operation) => new()
    {
        Organization = operation.Organization,
        Name = operation.Request.Signal!,
        Payload = operation.Request.Payload is { } payload
            ? JsonSerializer.SerializeToUtf8Bytes(payload, ExecutionJson.Default.JsonElement)
            : default,
        By = operation.CreatedBy,
        Key = $"bulk:{operation.Id:D}",
    };
}
