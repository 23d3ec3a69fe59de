using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Periplon.Client.Queue;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Membership;

/// <summary>
/// Makes every partition look at its executions again when a silo has died. Only the lowest live silo acts, so that one death is one round;
/// if that silo dies too, the next death is the next round.
/// </summary>
internal sealed partial class RecoveryService(
    IClusterMembershipService membership, ILocalSiloDetails local, IGrainFactory grains, QueuePartitions partitions, IJournalStore journal,
    TimeProvider time, ILogger<RecoveryService> logger)
    : BackgroundService
{
    /// <summary>
    /// When partitions look once more. An execution takes its attempts back from a silo that its own silo knows as dead, and silos hear of
    /// a death one after the other; what one had sent before it knew may be stored still later.
    /// </summary>
    internal static readonly IReadOnlyList<TimeSpan> LaterLooks =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10)];

    // A message to the silo that is gone may be answered by nobody.
    internal static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(3);

    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<SiloAddress> _handled = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await journal.FitPartitionsAsync(partitions.Count, cancellationToken) is > 0 and var moved)
        {
            LogMoved(moved, partitions.Count);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            if (TakeDeaths(snapshot))
            {
                // Beside the next view: another death does not wait for partitions that do not answer.
                _ = HandleAsync(stoppingToken);
            }
        }
    }

    /// <summary>Whether a view of the cluster has deaths that are new and this silo's to handle.</summary>
    internal bool TakeDeaths(ClusterMembershipSnapshot snapshot)
    {
        var dead = snapshot.Members.Values.Where(m => m.Status is SiloStatus.Dead && !_handled.Contains(m.SiloAddress)).ToList();
        if (dead.Count == 0 || !snapshot.IsLedBy(local.SiloAddress))
        {
            return false;
        }

        // Only who acts remembers: silos see changes at different times, and a new leader rather looks once too often than not at all.
        foreach (var silo in dead)
        {
            _handled.Add(silo.SiloAddress);
            LogSiloDied(silo.SiloAddress);
        }

        return true;
    }

    /// <summary>Makes every partition look, those that do not answer until they do, and all of them some times more.</summary>
    internal async Task HandleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var began = time.GetTimestamp();
            var silent = await LookAsync(Enumerable.Range(0, partitions.Count), cancellationToken);
            foreach (var at in LaterLooks)
            {
                while (silent.Count > 0 && time.GetElapsedTime(began) + Pause < at)
                {
                    await Task.Delay(Pause, time, cancellationToken);
                    silent = await LookAsync(silent, cancellationToken);
                }

                var left = at - time.GetElapsedTime(began);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
                silent = await LookAsync(Enumerable.Range(0, partitions.Count), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops; others look.
        }
    }

    // Those that have not answered.
    private async Task<IReadOnlyCollection<int>> LookAsync(IEnumerable<int> which, CancellationToken cancellationToken)
    {
        var silent = new ConcurrentBag<int>();
        await Task.WhenAll(which.Select(async partition =>
        {
            try
            {
                await grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition)).RecoverAsync(cancellationToken)
                    .WaitAsync(AnswerTime, time, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                silent.Add(partition);
                LogRecoverFailed(e, partition);
            }
        }));
        return silent;
    }

    [LoggerMessage(LogLevel.Information, "{Count} executions of partitions that no longer exist now belong to the {Partitions} that do")]
    private partial void LogMoved(int count, int partitions);

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} has died; its work goes to others")]
    private partial void LogSiloDied(SiloAddress silo);

    [LoggerMessage(LogLevel.Warning, "Partition {Partition} could not be told of a silo's death; it is told again")]
    private partial void LogRecoverFailed(Exception exception, int partition);
}
