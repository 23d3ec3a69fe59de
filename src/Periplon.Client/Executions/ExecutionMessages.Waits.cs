using Periplon.Core.Executions;

namespace Periplon.Client.Executions;

/// <summary>A signal or the call of a webhook.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.SignalRequest")]
public sealed record SignalRequest
{
    /// <summary>Organization of the caller.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>Its name.</summary>
    [Id(1)] public required string Name { get; init; }
    /// <summary>Whether it came by a webhook.</summary>
    [Id(2)] public bool IsWebhook { get; init; }
    /// <summary>What it brings: JSON in UTF-8; empty when nothing.</summary>
    [Id(3)] public ReadOnlyMemory<byte> Payload { get; init; }
    /// <summary>Who sends it.</summary>
    [Id(4)] public string? By { get; init; }
    /// <summary>Key of the sender: a signal with the same key counts once.</summary>
    [Id(5)] public required string Key { get; init; }
}

/// <summary>What became of a signal.</summary>
[GenerateSerializer, Alias("Periplon.SignalStatus")]
public enum SignalStatus
{
    /// <summary>A task that waited took it.</summary>
    Taken,
    /// <summary>It is kept until a task waits for it.</summary>
    Kept,
    /// <summary>One with the same key came before.</summary>
    Repeated,
    /// <summary>The execution has ended.</summary>
    AlreadyFinished,
    /// <summary>There is no such execution.</summary>
    NotFound,
    /// <summary>So many are kept that no further one is taken.</summary>
    Full,
}

/// <summary>A person's decision about an approval.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.DecisionRequest")]
public sealed record DecisionRequest
{
    /// <summary>Organization of the caller.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>Task path; null for the only one that waits.</summary>
    [Id(1)] public string? Task { get; init; }
    /// <summary>Whether it is approved.</summary>
    [Id(2)] public required bool Approved { get; init; }
    /// <summary>Who decides; null when the caller has no name.</summary>
    [Id(3)] public string? By { get; init; }
    /// <summary>What the person says.</summary>
    [Id(4)] public string? Comment { get; init; }
}

/// <summary>What became of a decision.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Task">The task it was about.</param>
/// <param name="Waiting">Tasks that wait for a decision, when it was none of them or several.</param>
/// <param name="Approvers">Who may decide, when the caller may not.</param>
[GenerateSerializer, Immutable, Alias("Periplon.DecisionResult")]
public sealed record DecisionResult(
    [property: Id(0)] DecisionStatus Status, [property: Id(1)] string? Task = null, [property: Id(2)] IReadOnlyList<string>? Waiting = null,
    [property: Id(3)] IReadOnlyList<string>? Approvers = null);

/// <summary>What became of a decision.</summary>
[GenerateSerializer, Alias("Periplon.DecisionStatus")]
public enum DecisionStatus
{
    /// <summary>Recorded, now or before.</summary>
    Decided,
    /// <summary>The task does not wait for a decision, or none does.</summary>
    NoneWaits,
    /// <summary>Several tasks wait and the request names none.</summary>
    Ambiguous,
    /// <summary>The caller is not among the approvers.</summary>
    NotAllowed,
    /// <summary>The execution has ended.</summary>
    AlreadyFinished,
    /// <summary>There is no such execution.</summary>
    NotFound,
}

/// <summary>The answer of a limit to a task that asked.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.LimitReply")]
public sealed record LimitReply
{
    /// <summary>Task path; empty for the execution itself.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>When the task asked: an answer to an earlier question is void.</summary>
    [Id(1)] public required DateTimeOffset AskedAt { get; init; }
    /// <summary>Which limit.</summary>
    [Id(2)] public required LimitKinds Limit { get; init; }
    /// <summary>When it may start, under a rate limit.</summary>
    [Id(3)] public DateTimeOffset? StartAt { get; init; }
    /// <summary>Why it is refused; null when it may pass.</summary>
    [Id(4)] public string? Refusal { get; init; }
}

/// <summary>An approval that waits for a decision.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.ApprovalView")]
public sealed record ApprovalView
{
    /// <summary>Task path.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>What is to be decided.</summary>
    [Id(1)] public string? Message { get; init; }
    /// <summary>Who may decide; empty means anybody with the permission.</summary>
    [Id(2)] public IReadOnlyList<string> Approvers { get; init; } = [];
    /// <summary>Since when it waits.</summary>
    [Id(3)] public DateTimeOffset Since { get; init; }
    /// <summary>When the wait ends by itself; null when it does not.</summary>
    [Id(4)] public DateTimeOffset? EndsAt { get; init; }
    /// <summary>What is decided then: <c>approve</c>, <c>reject</c>, or null, which fails the task.</summary>
    [Id(5)] public string? Default { get; init; }
}
