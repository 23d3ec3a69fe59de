using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Periplon.Engine.Membership;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Bulk;

/// <summary>
/// Takes on bulk operations that nobody works on: new ones, given back ones, and those of silos that have died. Any silo may; a claim in
/// the row decides which.
/// </summary>
internal sealed partial class BulkService(
    BulkStore store, BulkRunner runner, Pulse pulse, WorkerLiveness liveness, ILocalSiloDetails local, TimeProvider time, ILogger<BulkService> logger)
    : BackgroundService
{
    private const int MaxAtOnce = 4;
    private const int MaxListed = 50;
    private const int PurgeBatch = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeepEnded = TimeSpan.FromDays(30);

    private readonly ConcurrentDictionary<Guid, Task> _running = new();
    private DateTimeOffset _purgeAt;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_running.Values);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        store.Added += pulse.Forget;
        do
        {
            try
            {
                if ((await pulse.ReadAsync(stoppingToken)).HasBulk)
                {
                    await RunOnceAsync(stoppingToken);
                }

                await PurgeAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLookFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Claims what nobody works on and begins with it; returns what it began.</summary>
    internal async Task<IReadOnlyList<Task>> RunOnceAsync(CancellationToken cancellationToken)
    {
        var begun = new List<Task>();
        foreach (var operation in await store.ListRunningAsync(MaxListed, cancellationToken))
        {
            if (_running.Count >= MaxAtOnce)
            {
                break;
            }

            var now = time.GetUtcNow();
            if (IsFree(operation, now)
                && await store.ClaimAsync(operation, local.SiloAddress.ToParsableString(), now + BulkRunner.Lease, cancellationToken)
                    is { } claimed)
            {
                var work = WorkAsync(claimed, cancellationToken);
                _running[claimed.Id] = work;
                begun.Add(work);
                _ = work.ContinueWith(
                    _ => _running.TryRemove(claimed.Id, out Task? _), CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }

        return begun;
    }

    private bool IsFree(BulkOperation operation, DateTimeOffset now) =>
        !_running.ContainsKey(operation.Id)
        && (operation.Owner is not { } owner || operation.LeaseUntil < now || liveness.IsDead(owner));

    private async Task WorkAsync(BulkOperation operation, CancellationToken cancellationToken)
    {
        // Not on the caller's thread: it looks after the other operations.
        await Task.Yield();
        try
        {
            if (await runner.RunAsync(operation, cancellationToken) is not { } ended)
            {
                return;
            }

            if (ended.Status is BulkStatus.Running)
            {
                await ReleaseAsync(operation);
            }
            else
            {
                LogEnded(
                    ended.Id, ended.Action, BulkStore.ToWord(ended.Status), ended.Done, ended.Unchanged, ended.Failed, ended.Matched);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await ReleaseAsync(operation);
        }
        catch (Exception exception)
        {
            LogInterrupted(exception, operation.Id, operation.Action);
            await ReleaseAsync(operation);
        }
    }

    private async Task ReleaseAsync(BulkOperation operation)
    {
        try
        {
            await store.ReleaseAsync(operation, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // The lease runs out by itself.
            LogLookFailed(exception);
        }
    }

    private async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now < _purgeAt)
        {
            return;
        }

        while (await store.PurgeAsync(now - KeepEnded, PurgeBatch, cancellationToken) == PurgeBatch)
        {
        }

        _purgeAt = now + PurgeInterval;
    }

    [LoggerMessage(
        LogLevel.Information,
        "Bulk operation {Id} ({Action}) is {Status}: {Done} done, {Unchanged} unchanged, {Failed} failed of {Matched} that matched")]
    private partial void LogEnded(Guid id, string action, string status, long done, long unchanged, long failed, long matched);

    [LoggerMessage(LogLevel.Warning, "Bulk operation {Id} ({Action}) was interrupted and is taken up again")]
    private partial void LogInterrupted(Exception exception, Guid id, string action);

    [LoggerMessage(LogLevel.Warning, "The look for bulk operations failed and is repeated")]
    private partial void LogLookFailed(Exception exception);
}
