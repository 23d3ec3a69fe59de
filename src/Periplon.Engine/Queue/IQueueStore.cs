namespace Periplon.Engine.Queue;

/// <summary>An execution that is to be looked at, and its place in the list of those.</summary>
internal sealed record DueLook(DateTimeOffset At, Guid Id);

/// <summary>An execution that waits to be started.</summary>
internal sealed record QueuedStart(Guid Id, int Priority, DateTimeOffset CreatedAt)
{
    /// <summary>Its place among those of its class, as offers count it.</summary>
    public long LevelFor(TimeSpan ageing) => OfferRank.LevelOf(Priority, CreatedAt, ageing);
}

/// <summary>How many executions of an organization wait to be started in a partition at a priority.</summary>
internal sealed record QueuedCount(string Organization, int Partition, int Priority, long Count, DateTimeOffset OldestAt);

/// <summary>What the partitions of the queue read in the executions' rows.</summary>
internal interface IQueueStore
{
    /// <summary>
    /// Executions of a partition that are to be looked at until a time, the longest due first, after one of the page before (keyset). Those
    /// that wait to be started are not among them.
    /// </summary>
    Task<IReadOnlyList<DueLook>> ListDueAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The same for those that wait to be started and whose own time has come until then, mostly that of their time limit.
    /// </summary>
    Task<IReadOnlyList<DueLook>> ListDueStartsAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the next look at executions that were found well. One that is no longer due, because its own turn has moved it meanwhile,
    /// keeps its time.
    /// </summary>
    Task MoveLooksAsync(IReadOnlyList<DueLook> looks, CancellationToken cancellationToken);

    /// <summary>The class of executions that wait to be started which follows another one; null after the last.</summary>
    Task<StartClass?> NextClassAsync(int partition, StartClass? after, CancellationToken cancellationToken);

    /// <summary>The highest priority below a bound that an execution of a class waits at; null when there is none.</summary>
    Task<int?> NextPriorityAsync(int partition, StartClass startClass, long below, CancellationToken cancellationToken);

    /// <summary>Executions of a class and priority that wait to be started, oldest first, after one of the page before (keyset).</summary>
    Task<IReadOnlyList<QueuedStart>> ListQueuedAsync(
        int partition, StartClass startClass, int priority, QueuedStart? after, int limit, CancellationToken cancellationToken);

    /// <summary>Counts what waits to be started; the counts may be those of some seconds ago.</summary>
    /// <param name="organization">Whose; null for all.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    Task<IReadOnlyList<QueuedCount>> CountQueuedAsync(string? organization, CancellationToken cancellationToken);
}
