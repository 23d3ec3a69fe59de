using Periplon.Engine.Queue;

namespace Periplon.Simulation;

/// <summary>What partitions on a silo read in the executions' rows.</summary>
internal sealed class SimulatedQueueStore(Silo silo) : IQueueStore
{
    private readonly SimulatedDatabase _database = silo.World.Database;

    public Task<IReadOnlyList<DueLook>> ListDueAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        silo.Journal.AskAsync(() => _database.ListDue(partition, until, after, limit));

    public Task<IReadOnlyList<DueLook>> ListDueStartsAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        silo.Journal.AskAsync(() => _database.ListDueStarts(partition, until, after, limit));

    public Task MoveLooksAsync(IReadOnlyList<DueLook> looks, CancellationToken cancellationToken)
    {
        if (looks.Count == 0)
        {
            return Task.CompletedTask;
        }

        var now = silo.UtcNow;
        return silo.Journal.AskAsync(() =>
        {
            _database.MoveLooks(looks, now);
            return true;
        });
    }

    public Task<StartClass?> NextClassAsync(int partition, StartClass? after, CancellationToken cancellationToken) =>
        silo.Journal.AskAsync(() => _database.NextClass(partition, after));

    public Task<int?> NextPriorityAsync(int partition, StartClass startClass, long below, CancellationToken cancellationToken) =>
        silo.Journal.AskAsync(() => _database.NextPriority(partition, startClass, below));

    public Task<IReadOnlyList<QueuedStart>> ListQueuedAsync(
        int partition, StartClass startClass, int priority, QueuedStart? after, int limit, CancellationToken cancellationToken) =>
        silo.Journal.AskAsync(() => _database.ListQueued(partition, startClass, priority, after, limit));

    public Task<IReadOnlyList<QueuedCount>> CountQueuedAsync(string? organization, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody counts in a simulation");
}
