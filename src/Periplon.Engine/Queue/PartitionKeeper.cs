using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Client.Queue;

namespace Periplon.Engine.Queue;

/// <summary>
/// Keeps every partition alive, also where no worker asks for work: executions that sleep have left memory, and only their partition's
/// sweep wakes them.
/// </summary>
internal sealed partial class PartitionKeeper(
    IGrainFactory grains, QueuePartitions partitions, TimeProvider time, ILogger<PartitionKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    /// <summary>Calls every partition once; one that does not answer is called again the next time.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        for (var partition = 0; partition < partitions.Count; partition++)
        {
            try
            {
                await grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition)).TakeAsync(0, [], cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNoAnswer(e, partition);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await RunOnceAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    [LoggerMessage(LogLevel.Debug, "Partition {Partition} does not answer; it is called again")]
    private partial void LogNoAnswer(Exception exception, int partition);
}
