using Periplon.Core.Executions;

namespace Periplon.Engine.Storage;

/// <summary>The list and search projection of an execution; written in the same transaction as the journal row that changes it.</summary>
internal sealed record ExecutionRow
{
    public required Guid Id { get; init; }
    public required string Organization { get; init; }
    public required Guid WorkflowId { get; init; }
    public required string WorkflowName { get; init; }
    public required string WorkflowVersion { get; init; }
    public required int Revision { get; init; }
    public required ExecutionStatus Status { get; init; }
    public int Priority { get; init; }
    public required int Partition { get; init; }
    /// <summary>What the execution waits for, as <c>periplon why</c> names it; null once terminal.</summary>
    public string? WaitReason { get; init; }
    /// <summary>Latest time at which the sweep looks at the execution again; null once terminal.</summary>
    public DateTimeOffset? NextWakeAt { get; init; }
    /// <summary>While the execution waits to be started: which workers may take its first task, as <see cref="Queue.QueueLanes"/> says
    /// it.</summary>
    public string? QueueLane { get; init; }
    public string TriggerType { get; init; } = "manual";
    public string? TriggeredBy { get; init; }
    public Guid? ParentExecutionId { get; init; }
    /// <summary>The ended execution that this one retries.</summary>
    public Guid? RetryOf { get; init; }
    /// <summary>The newest execution that retries this one. Only read, never written.</summary>
    public Guid? RetriedBy { get; init; }
    /// <summary>JSON object of input values.</summary>
    public string Inputs { get; init; } = "{}";
    /// <summary>JSON object of workflow outputs; null before the end.</summary>
    public string? Result { get; init; }
    public string? Error { get; init; }
    public int RetryCount { get; init; }
    /// <summary>JSON object of labels.</summary>
    public string Labels { get; init; } = "{}";
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
}
