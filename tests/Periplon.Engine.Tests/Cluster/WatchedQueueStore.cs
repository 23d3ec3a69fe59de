using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>What partitions read, and how much of it.</summary>
internal sealed class WatchedQueueStore(Database database, TimeProvider time) : IQueueStore
{
    private readonly QueueStore _store = new(database, time);
    private int _wide;

    /// <summary>How often it was asked for all that is due within minutes.</summary>
    public int Wide => Volatile.Read(ref _wide);

    public Task<IReadOnlyList<DueLook>> ListDueAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken)
    {
        if (until > time.GetUtcNow() + TimeSpan.FromMinutes(2))
        {
            Interlocked.Increment(ref _wide);
        }

        return _store.ListDueAsync(partition, until, after, limit, cancellationToken);
    }

    public Task<IReadOnlyList<DueLook>> ListDueStartsAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        _store.ListDueStartsAsync(partition, until, after, limit, cancellationToken);

    public Task MoveLooksAsync(IReadOnlyList<DueLook> looks, CancellationToken cancellationToken) =>
        _store.MoveLooksAsync(looks, cancellationToken);

    public Task<StartClass?> NextClassAsync(int partition, StartClass? after, CancellationToken cancellationToken) =>
        _store.NextClassAsync(partition, after, cancellationToken);

    public Task<int?> NextPriorityAsync(int partition, StartClass startClass, long below, CancellationToken cancellationToken) =>
        _store.NextPriorityAsync(partition, startClass, below, cancellationToken);

    public Task<IReadOnlyList<QueuedStart>> ListQueuedAsync(
        int partition, StartClass startClass, int priority, QueuedStart? after, int limit, CancellationToken cancellationToken) =>
        _store.ListQueuedAsync(partition, startClass, priority, after, limit, cancellationToken);

    public Task<IReadOnlyList<QueuedCount>> CountQueuedAsync(string? organization, CancellationToken cancellationToken) =>
        _store.CountQueuedAsync(organization, cancellationToken);
}
