using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Periplon.Client.Schedules;

namespace Periplon.Engine.Schedules;

/// <summary>
/// Brings the schedulers to life: all of them when this silo has joined, and again when another has died. Without it they would wait for
/// their reminders.
/// </summary>
internal sealed partial class SchedulerWaker(
    IClusterMembershipService membership, ILocalSiloDetails local, IGrainFactory grains, ISchedulerStore store,
    IOptions<ScheduleOptions> options, ILogger<SchedulerWaker> logger)
    : BackgroundService
{
    private readonly HashSet<SiloAddress> _dead = [];
    private bool _hasJoined;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await store.FitShardsAsync(options.Value.Shards, cancellationToken) is > 0 and var moved)
        {
            LogMoved(moved, options.Value.Shards);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            await RunOnceAsync(snapshot, stoppingToken);
        }
    }

    /// <summary>Handles one view of the cluster; returns whether the schedulers were woken.</summary>
    internal async Task<bool> RunOnceAsync(ClusterMembershipSnapshot snapshot, CancellationToken cancellationToken)
    {
        var members = snapshot.Members.Values;
        if (!members.Any(member => member.Status is SiloStatus.Active && member.SiloAddress.Equals(local.SiloAddress)))
        {
            return false;
        }

        var isNews = false;
        foreach (var member in members.Where(member => member.Status is SiloStatus.Dead))
        {
            isNews |= _dead.Add(member.SiloAddress);
        }

        // One silo is enough after a death: the lowest that lives.
        var leads = members.Where(member => member.Status is SiloStatus.Active).Min(member => member.SiloAddress)!.Equals(local.SiloAddress);
        if (_hasJoined && !(isNews && leads))
        {
            return false;
        }

        _hasJoined = true;
        await Parallel.ForAsync(0, options.Value.Shards, cancellationToken, async (shard, token) =>
        {
            try
            {
                await grains.GetGrain<ISchedulerGrain>($"{shard}").WakeAsync(token);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                LogWakeFailed(e, shard);
            }
        });
        return true;
    }

    [LoggerMessage(LogLevel.Information, "{Count} schedules of schedulers that no longer exist now belong to the {Shards} that do")]
    private partial void LogMoved(int count, int shards);

    [LoggerMessage(LogLevel.Warning, "Scheduler {Shard} could not be woken; its reminder does")]
    private partial void LogWakeFailed(Exception exception, int shard);
}
