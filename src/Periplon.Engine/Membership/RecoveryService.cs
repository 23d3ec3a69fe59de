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
    // What a silo had sent before it knew of its death may be stored after the first look.
    internal static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(10);

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
            if (await RunOnceAsync(snapshot, stoppingToken) > 0)
            {
                _ = LookAgainAsync(stoppingToken);
            }
        }
    }

    /// <summary>Looks at every partition once more, some time after a death.</summary>
    internal async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(SecondLook, time, cancellationToken);
            await LookAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops; others look.
        }
    }

    /// <summary>Handles one view of the cluster; returns how many deaths were new.</summary>
    internal async Task<int> RunOnceAsync(ClusterMembershipSnapshot snapshot, CancellationToken cancellationToken)
    {
        var dead = snapshot.Members.Values.Where(m => m.Status is SiloStatus.Dead && !_handled.Contains(m.SiloAddress)).ToList();
        if (dead.Count == 0 || !snapshot.IsLedBy(local.SiloAddress))
        {
            return 0;
        }

        // Only who acts remembers: silos see changes at different times, and a new leader rather looks once too often than not at all.
        foreach (var silo in dead)
        {
            _handled.Add(silo.SiloAddress);
            LogSiloDied(silo.SiloAddress);
        }

        await LookAsync(cancellationToken);
        return dead.Count;
    }

    private Task LookAsync(CancellationToken cancellationToken) =>
        Parallel.ForAsync(0, partitions.Count, cancellationToken, async (partition, token) =>
        {
            try
            {
                await grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition)).RecoverAsync(token);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                LogRecoverFailed(e, partition);
            }
        });

    [LoggerMessage(LogLevel.Information, "{Count} executions of partitions that no longer exist now belong to the {Partitions} that do")]
    private partial void LogMoved(int count, int partitions);

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} has died; its work goes to others")]
    private partial void LogSiloDied(SiloAddress silo);

    [LoggerMessage(LogLevel.Warning, "Partition {Partition} could not be told of a silo's death; its sweep finds the work")]
    private partial void LogRecoverFailed(Exception exception, int partition);
}
