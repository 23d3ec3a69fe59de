using Periplon.Core.Executions;

namespace Periplon.Engine.Triggers;

/// <summary>What became of one delivery or one ended execution.</summary>
internal sealed record TriggerRun
{
    public required Guid TriggerId { get; init; }
    /// <summary>Key of what set the trigger off: the same one again is handled as one.</summary>
    public required string Source { get; init; }
    public required string Organization { get; init; }
    /// <summary>SHA-256 of a signed message with a time: under another delivery id it is still the same message.</summary>
    public string? Fingerprint { get; init; }
    /// <summary>The execution that ended.</summary>
    public Guid? SourceExecutionId { get; init; }
    /// <summary>The execution that is started; it is chosen before, so that a repetition cannot start another.</summary>
    public Guid? ExecutionId { get; init; }
    public TriggerRunStatus Status { get; init; }
    /// <summary>Why nothing was started, or how many executions were signalled.</summary>
    public string? Detail { get; init; }
    /// <summary>How many executions started by completion triggers lead to this one.</summary>
    public int Depth { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

internal enum TriggerRunStatus
{
    /// <summary>Not handled to the end yet.</summary>
    Pending,
    /// <summary>An execution was started.</summary>
    Started,
    /// <summary>Executions were signalled.</summary>
    Signalled,
    /// <summary>Nothing was done; the detail says why.</summary>
    Refused,
}

/// <summary>How long runs that are not dealt with are left alone.</summary>
/// <param name="Claimed">After the last try: whoever is at it gets this long.</param>
/// <param name="Longest">Between two tries at most.</param>
/// <param name="Delivery">Until a delivery is given up: its sender has stopped waiting or delivered again.</param>
internal readonly record struct PendingPatience(TimeSpan Claimed, TimeSpan Longest, TimeSpan Delivery);

/// <summary>A place in the list of runs, newest first: the last row of the page before.</summary>
internal sealed record TriggerRunCursor(DateTimeOffset CreatedAt, string Source);

/// <summary>An execution that has ended, as the look for them finds it.</summary>
internal sealed record EndedExecution(
    Guid Id, string Organization, Guid WorkflowId, DateTimeOffset CompletedAt, ExecutionStatus Status, string TriggerType, string Labels);
