using Microsoft.Extensions.Options;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Api.Server;

/// <summary>Figures read from the database and the queue's partitions at one moment.</summary>
internal sealed record Statistics(IReadOnlyDictionary<ExecutionStatus, long> Executions, QueueObject Queue)
{
    public long Count(params ReadOnlySpan<ExecutionStatus> statuses)
    {
        var sum = 0L;
        foreach (var status in statuses)
        {
            sum += Executions.GetValueOrDefault(status);
        }

        return sum;
    }

    public long Total => Executions.Values.Sum();

    /// <summary>Executions that have not ended.</summary>
    public long Active => Executions.Where(pair => !pair.Key.IsTerminal()).Sum(pair => pair.Value);
}

/// <summary>
/// Reads the figures, at most once in <see cref="ApiOptions.StatisticsAge"/>, however many ask: a scrape must not become a load.
/// </summary>
internal sealed class StatisticsReader(
    IExecutionQueries queries, IGrainFactory grains, IOptions<ApiOptions> options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private (Statistics Value, long At)? _last;

    public async Task<Statistics> GetAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && time.GetElapsedTime(last.At) < options.Value.StatisticsAge)
            {
                return last.Value;
            }

            var statistics = await ReadAsync(cancellationToken);
            _last = (statistics, time.GetTimestamp());
            return statistics;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Statistics> ReadAsync(CancellationToken cancellationToken)
    {
        var counting = queries.CountByStatusAsync(organization: null, cancellationToken);
        var partitions = await Task.WhenAll(Enumerable.Range(0, options.Value.QueuePartitions).Select(partition =>
            grains.GetGrain<IQueueGrain>($"default/{partition}").StatsAsync(cancellationToken)));
        var counts = (await counting).ByStatus;
        return new Statistics(counts, new QueueObject(
            Pending: partitions.Sum(p => p.Pending),
            Processing: counts.GetValueOrDefault(ExecutionStatus.Running),
            Completed: counts.GetValueOrDefault(ExecutionStatus.Completed),
            Failed: counts.GetValueOrDefault(ExecutionStatus.Failed) + counts.GetValueOrDefault(ExecutionStatus.TimedOut),
            OldestPendingAt: partitions.Min(p => p.OldestAt)));
    }
}
