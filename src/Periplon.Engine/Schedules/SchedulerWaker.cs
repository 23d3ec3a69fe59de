using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Periplon.Client.Schedules;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Schedules;

/// <summary>
/// Brings the schedulers to life: all of them when this silo has joined, and again when another has died. Without it they would wait for
/// their reminders.
/// </summary>
internal sealed partial class SchedulerWaker(
    IClusterMembershipService membership, ILocalSiloDetails local, IGrainFactory grains, ISchedulerStore store,
    IOptions<ScheduleOptions> options, TimeProvider time, ILogger<SchedulerWaker> logger)
    : BackgroundService
{
    private const int MaxAtOnce = 64;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly HashSet<SiloAddress> _dead = [];

    // Schedulers that have not answered, with the number of reasons to wake them.
    private readonly ConcurrentDictionary<int, int> _asleep = new();
    private bool _hasJoined;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await store.FitShardsAsync(options.Value.Shards, cancellationToken) is > 0 and var moved)
        {
            LogMoved(moved, options.Value.Shards);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FollowAsync(stoppingToken), RepeatAsync(stoppingToken));

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
        if (_hasJoined && !(isNews && snapshot.IsLedBy(local.SiloAddress)))
        {
            return false;
        }

        _hasJoined = true;
        foreach (var shard in Enumerable.Range(0, options.Value.Shards))
        {
            _asleep[shard] = _asleep.GetValueOrDefault(shard) + 1;
        }

        await WakeAsync(cancellationToken);
        return true;
    }

    /// <summary>Wakes those that have not answered yet; returns how many still have not.</summary>
    internal async Task<int> WakeAsync(CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            _asleep.ToArray(), new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken },
            async (asleep, token) =>
            {
                try
                {
                    await grains.GetGrain<ISchedulerGrain>($"{asleep.Key}").WakeAsync(token).WaitAsync(_patience, time, token);

                    // Not when another death came in meanwhile: that one wants an answer of its own.
                    _asleep.TryRemove(asleep);
                }
                catch (Exception e) when (!token.IsCancellationRequested)
                {
                    LogWakeFailed(e, asleep.Key);
                }
            });
        return _asleep.Count;
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            await RunOnceAsync(snapshot, stoppingToken);
        }
    }

    private async Task RepeatAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await WakeAsync(stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} schedules of schedulers that no longer exist now belong to the {Shards} that do")]
    private partial void LogMoved(int count, int shards);

    [LoggerMessage(LogLevel.Warning, "Scheduler {Shard} could not be woken yet; that is repeated")]
    private partial void LogWakeFailed(Exception exception, int shard);
}
