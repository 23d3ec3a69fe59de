using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Periplon.Client.Queue;

/// <summary>
/// One partition of the queue: in-memory order, leases of offers and the partition's sweep. Key: <c>{queue}/{partition}</c>.
/// </summary>
[Alias("Periplon.IQueueGrain"), Version(2)]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>
    /// Adds offers; one that is known already is dropped. Returns executions that have not started and for which there is no room: they
    /// stay in the database until the partition calls them.
    /// </summary>
    [Alias("Offer")]
    Task<IReadOnlyList<Guid>> OfferAsync(IReadOnlyList<TaskOffer> offers, CancellationToken cancellationToken);

    /// <summary>Takes offers in order, at most <paramref name="max"/>, without waiting. An offer whose ticket is not done in time
    /// goes out again: the answer may have been lost on its way.</summary>
    /// <param name="max">Free slots of the worker.</param>
    /// <param name="tags">Tags the worker carries, and <see cref="WorkerMarks.NoProcess"/> while it can start no process.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    [Alias("Take")]
    Task<IReadOnlyList<TaskOffer>> TakeAsync(int max, IReadOnlyList<string> tags, CancellationToken cancellationToken);

    /// <summary>Takes out what executions that have ended still offer; best effort, because their claims are refused anyway.</summary>
    [Alias("Withdraw")]
    Task WithdrawAsync(IReadOnlyList<Guid> ended, CancellationToken cancellationToken);

    /// <summary>Tickets of offers that the worker has claimed or dropped.</summary>
    [Alias("Done"), OneWay]
    Task DoneAsync(IReadOnlyList<long> tickets);

    /// <summary>Returns when there is work for the tags, or after a time.</summary>
    [Alias("WaitForWork"), AlwaysInterleave]
    Task<bool> WaitForWorkAsync(IReadOnlyList<string> tags, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Makes the partition look again at every execution it holds; called when a silo has died.</summary>
    [Alias("Recover")]
    Task RecoverAsync(CancellationToken cancellationToken);

    /// <summary>Statistics of the partition.</summary>
    [Alias("Stats"), ReadOnly, AlwaysInterleave]
    Task<QueueStats> StatsAsync(CancellationToken cancellationToken);

    /// <summary>What waits in the partition's memory, by organization and priority.</summary>
    [Alias("Describe"), ReadOnly, AlwaysInterleave]
    Task<IReadOnlyList<QueueShare>> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>An attempt that wants a worker.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskOffer")]
public sealed record TaskOffer
{
    /// <summary>Execution.</summary>
    [Id(0)] public required Guid ExecutionId { get; init; }
    /// <summary>Task path.</summary>
    [Id(1)] public required string Task { get; init; }
    /// <summary>Attempt.</summary>
    [Id(2)] public required int Attempt { get; init; }
    /// <summary>Priority of the execution: higher is earlier.</summary>
    [Id(3)] public int Priority { get; init; }
    /// <summary>Priority of the task: lower is earlier.</summary>
    [Id(4)] public int TaskPriority { get; init; }
    /// <summary>Tags that a worker must carry.</summary>
    [Id(5)] public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>Whether the attempt was lost with a worker and goes first.</summary>
    [Id(6)] public bool Returned { get; init; }
    /// <summary>When the task became ready.</summary>
    [Id(7)] public DateTimeOffset ScheduledAt { get; init; }
    /// <summary>Number of this hand-out, given by the partition; 0 before.</summary>
    [Id(8)] public long Ticket { get; init; }
    /// <summary>Organization of the execution; empty from a silo of an earlier version.</summary>
    [Id(9)] public string Organization { get; init; } = "";
    /// <summary>
    /// Which workers may take the execution's first task, while the execution has not started; null once it has. Only such offers may be
    /// refused.
    /// </summary>
    [Id(10)] public string? StartLane { get; init; }
    /// <summary>Whether the attempt starts a process on the worker's machine, of which a worker runs fewer than of others.</summary>
    [Id(11)] public bool IsProcess { get; init; }
}

/// <summary>Statistics of a partition.</summary>
/// <param name="Pending">Offers that wait.</param>
/// <param name="Taken">Offers taken since the activation.</param>
/// <param name="OldestAt">When the oldest waiting task became ready.</param>
[GenerateSerializer, Immutable, Alias("Periplon.QueueStats")]
public sealed record QueueStats([property: Id(0)] long Pending, [property: Id(1)] long Taken, [property: Id(2)] DateTimeOffset? OldestAt);

/// <summary>What waits in a partition for one organization at one priority.</summary>
/// <param name="Organization">Organization.</param>
/// <param name="Priority">Priority of the executions.</param>
/// <param name="Pending">Offers that wait.</param>
/// <param name="Starts">How many of them are of executions that have not started.</param>
/// <param name="OldestAt">When the oldest of them became ready.</param>
[GenerateSerializer, Immutable, Alias("Periplon.QueueShare")]
public sealed record QueueShare(
    [property: Id(0)] string Organization, [property: Id(1)] int Priority, [property: Id(2)] long Pending, [property: Id(3)] long Starts,
    [property: Id(4)] DateTimeOffset OldestAt);

/// <summary>What a worker says of itself among its tags.</summary>
public static class WorkerMarks
{
    /// <summary>It runs as many processes as it may, and takes only work that starts none. No tag of a workflow holds such a
    /// character.</summary>
    public const string NoProcess = "\u0001no-process";
}
