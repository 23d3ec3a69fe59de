using Microsoft.Extensions.Options;
using Periplon.Client.Queue;
using Periplon.Engine.Queue;

namespace Periplon.Api.Queue;

/// <summary>What waits, in the partitions' memory and in the database, at one moment.</summary>
internal sealed record QueueSnapshot(IReadOnlyList<IReadOnlyList<QueueShare>> InMemory, IReadOnlyList<QueuedCount> Queued)
{
    public IEnumerable<QueuePartition> Partitions => InMemory.Select((shares, partition) =>
    {
        var queued = Queued.Where(count => count.Partition == partition).ToList();
        var total = queued.Sum(count => count.Count);
        return new QueuePartition(
            partition, shares.Sum(share => share.Pending), total, Math.Max(0, total - shares.Sum(share => share.Starts)),
            Older(shares.Min(share => (DateTimeOffset?)share.OldestAt), queued.Min(count => (DateTimeOffset?)count.OldestAt)));
    });

    /// <summary>What waits at each priority, the highest first.</summary>
    /// <param name="organization">Of which organization; null for all.</param>
    public IEnumerable<QueuePriority> Priorities(string? organization = null)
    {
        var shares = InMemory.SelectMany(partition => partition)
            .Where(share => organization is null || share.Organization == organization).ToLookup(share => share.Priority);
        var queued = Queued.Where(count => organization is null || count.Organization == organization).ToLookup(count => count.Priority);
        return shares.Select(group => group.Key).Union(queued.Select(group => group.Key)).OrderDescending().Select(priority =>
            new QueuePriority(
                priority, shares[priority].Sum(share => share.Pending), queued[priority].Sum(count => count.Count),
                Older(
                    shares[priority].Min(share => (DateTimeOffset?)share.OldestAt),
                    queued[priority].Min(count => (DateTimeOffset?)count.OldestAt))));
    }

    private static DateTimeOffset? Older(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right ?? left : left;
}

/// <summary>Reads what waits, at most once in <see cref="ApiOptions.StatisticsAge"/>, however many ask.</summary>
internal sealed class QueueFigures(IQueueStore store, IGrainFactory grains, IOptions<ApiOptions> options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private (QueueSnapshot Value, long At)? _last;

    public async Task<QueueSnapshot> GetAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && time.GetElapsedTime(last.At) < options.Value.StatisticsAge)
            {
                return last.Value;
            }

            var counting = store.CountQueuedAsync(organization: null, cancellationToken);
            var inMemory = await Task.WhenAll(Enumerable.Range(0, options.Value.QueuePartitions).Select(partition =>
                grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition)).DescribeAsync(cancellationToken)));
            var snapshot = new QueueSnapshot(inMemory, await counting);
            _last = (snapshot, time.GetTimestamp());
            return snapshot;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
