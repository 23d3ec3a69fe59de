using Periplon.Core.Executions;

namespace Periplon.Client.Executions;

/// <summary>A worker's claim on an offered attempt.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskClaim")]
public sealed record TaskClaim
{
    /// <summary>Task path.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>Attempt that was offered.</summary>
    [Id(1)] public required int Attempt { get; init; }
    /// <summary>The worker: its silo's address.</summary>
    [Id(2)] public required string Worker { get; init; }
    /// <summary>Token drawn by the worker for this claim; every later call about the attempt carries it.</summary>
    [Id(3)] public required Guid Token { get; init; }
}

/// <summary>What a worker needs to run an attempt.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskLease")]
public sealed record TaskLease
{
    /// <summary>Organization.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>Workflow id.</summary>
    [Id(1)] public required Guid WorkflowId { get; init; }
    /// <summary>Pinned revision; the worker reads the task from it.</summary>
    [Id(2)] public required int Revision { get; init; }
    /// <summary>How often this attempt has been handed out, counted from 1.</summary>
    [Id(3)] public required int Delivery { get; init; }
    /// <summary>Values of the task's references: a JSON object in UTF-8, reference to value.</summary>
    [Id(4)] public ReadOnlyMemory<byte> Values { get; init; }
    /// <summary>Longest time of the attempt, in seconds; null means no limit.</summary>
    [Id(5)] public double? TimeoutSecs { get; init; }
    /// <summary>What the attempt is to do. Default: run the task.</summary>
    [Id(6)] public AttemptWork Work { get; init; }
    /// <summary>What was not met after the attempt before, for an agent's prompt; null when nothing was.</summary>
    [Id(7)] public string? Feedback { get; init; }
    /// <summary>Agent that runs the attempt instead of the task's own: its <c>fallback_agent</c>.</summary>
    [Id(8)] public string? Agent { get; init; }
    /// <summary>Progress and earlier outputs, to stand before an agent's prompt (<c>inject_context</c>).</summary>
    [Id(9)] public string? Context { get; init; }
    /// <summary>Subflow whose definition holds the task, in an execution of a subflow; null in the workflow itself.</summary>
    [Id(10)] public string? Subflow { get; init; }
    /// <summary>Texts of the execution's secret inputs, which the worker masks whichever way the task comes by them.</summary>
    [Id(11)] public IReadOnlyList<string>? SecretTexts { get; init; }
}

/// <summary>A worker's report of an attempt's end.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskReport")]
public sealed record TaskReport
{
    /// <summary>Task path.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>Attempt.</summary>
    [Id(1)] public required int Attempt { get; init; }
    /// <summary>The claim's token.</summary>
    [Id(2)] public required Guid Token { get; init; }
    /// <summary>The outcome: JSON in UTF-8 of <see cref="Core.Executions.TaskOutcome"/>.</summary>
    [Id(3)] public required ReadOnlyMemory<byte> Outcome { get; init; }
}

/// <summary>What became of a report.</summary>
[GenerateSerializer, Alias("Periplon.ReportStatus")]
public enum ReportStatus
{
    /// <summary>Recorded, now or before.</summary>
    Accepted,
    /// <summary>Dropped: the lease is no longer valid.</summary>
    LeaseLost,
}
