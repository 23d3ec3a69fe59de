using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Bulk;

/// <summary>Does the action of an operation to one execution; what is not answered is a time-out, and may be repeated.</summary>
internal delegate Task<BulkOutcome> BulkAction(BulkOperation operation, Guid executionId, CancellationToken cancellationToken);

/// <summary>The actions, and the statuses they are about when the filter names none.</summary>
internal sealed class BulkActions(IGrainFactory grains)
{
    private static readonly ExecutionStatus[] _live =
        [ExecutionStatus.Queued, ExecutionStatus.Running, ExecutionStatus.Waiting, ExecutionStatus.Paused];

    public static IReadOnlyList<string> Words { get; } = ["cancel", "kill", "pause", "resume", "signal"];

    /// <summary>
    /// The statuses in which an action can change something. A paused execution is called running while its attempts still run, so
    /// resume is about those, too.
    /// </summary>
    public static IReadOnlyList<ExecutionStatus> StatusesOf(string action) => action switch
    {
        "pause" => [ExecutionStatus.Queued, ExecutionStatus.Running, ExecutionStatus.Waiting],
        _ => _live,
    };

    public async Task<BulkOutcome> ActAsync(BulkOperation operation, Guid executionId, CancellationToken cancellationToken)
    {
        var execution = grains.GetGrain<IExecutionGrain>(executionId.ToString("D"));
        var control = new ControlRequest(operation.Organization, operation.CreatedBy, operation.Reason)
        {
            Kill = operation.Action == "kill",
        };
        return operation.Action switch
        {
            "cancel" or "kill" => OutcomeOf(await execution.CancelAsync(control, cancellationToken)),
            "pause" => OutcomeOf(await execution.PauseAsync(control, cancellationToken)),
            "resume" => OutcomeOf(await execution.ResumeAsync(control, cancellationToken)),
            "signal" => OutcomeOf(await execution.SignalAsync(SignalOf(operation), cancellationToken)),
            _ => BulkOutcome.Failed($"This version does not know the action '{operation.Action}'"),
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
