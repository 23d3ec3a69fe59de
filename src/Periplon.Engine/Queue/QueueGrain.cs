using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Queue;

/// <summary>
/// One partition of the queue. Nothing of it is stored: the executions of the partition offer their ready tasks again whenever it looks at
/// them, at its start, after the death of a silo and when they are due.
/// </summary>
[GrainType("queue"), HashBasedPlacement]
internal sealed partial class QueueGrain(
    IJournalStore journal, IOptions<EngineOptions> options, TimeProvider time, ILogger<QueueGrain> logger)
    : Grain, IQueueGrain
{
    private const int PageSize = 500;
    private const int WakeParallelism = 64;
    private readonly OfferQueue _queue = new(time);
    private readonly List<Waiter> _waiters = [];
    private int _partition;
    private bool _recovering;
    private bool _recoverAgain;
    private IGrainTimer? _recovery;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _partition = QueuePartitions.PartitionOf(this.GetPrimaryKeyString());

        StartReminder();
        this.RegisterGrainTimer(
            static (grain, token) => grain.SweepAsync(token), this,
            new GrainTimerCreationOptions(options.Value.SweepInterval, options.Value.SweepInterval)
            {
                Interleave = true, KeepAlive = true,
            });
        _recovery = this.RegisterGrainTimer(
            static (grain, token) => grain.RecoverLoopAsync(token), this,
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task OfferAsync(IReadOnlyList<TaskOffer> offers, CancellationToken cancellationToken)
    {
        foreach (var offer in offers)
        {
            _queue.Add(offer);
        }

        WakeWaiters();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<TaskOffer>> TakeAsync(int max, IReadOnlyList<string> tags, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TaskOffer>>(_queue.Take(max, tags));

    public Task DoneAsync(IReadOnlyList<long> tickets)
    {
        _queue.Done(tickets);
        return Task.CompletedTask;
    }

    public async Task<bool> WaitForWorkAsync(IReadOnlyList<string> tags, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_queue.HasWorkFor(tags))
        {
            return true;
        }

        var waiter = new Waiter(tags);
        _waiters.Add(waiter);
        try
        {
            await waiter.Signal.Task.WaitAsync(wait, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            _waiters.Remove(waiter);
        }
    }

    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        // A round that is under way is followed by another.
        _recoverAgain = true;
        _recovery!.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task<QueueStats> StatsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new QueueStats(_queue.Count, _queue.Taken, _queue.OldestAt));

    // One waiter for each offer is woken, not all: the others would find nothing.
    private void WakeWaiters()
    {
        var waking = Math.Min(_queue.Count, _waiters.Count);
        for (var i = 0; i < _waiters.Count && waking > 0; i++)
        {
            if (_queue.HasWorkFor(_waiters[i].Tags) && _waiters[i].Signal.TrySetResult())
            {
                waking--;
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (_queue.ReturnOverdue() is > 0 and var returned)
        {
            LogTicketsOverdue(_partition, returned);
        }

        // The worker that was woken for an offer may have had no slot left for it; another may.
        WakeWaiters();

        try
        {
            var due = await journal.ListDueAsync(_partition, time.GetUtcNow(), PageSize, cancellationToken);
            if (due.Count > 0)
            {
                await WakeAllAsync(due, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogSweepFailed(e, _partition);
        }
    }

    private async Task RecoverLoopAsync(CancellationToken cancellationToken)
    {
        _recoverAgain = true;
        if (_recovering)
        {
            return;
        }

        _recovering = true;
        try
        {
            while (_recoverAgain)
            {
                _recoverAgain = false;
                Guid? after = null;
                while (await journal.ListActiveAsync(_partition, after, PageSize, cancellationToken) is { Count: > 0 } page)
                {
                    await WakeAllAsync(page, cancellationToken);
                    after = page[^1];
                }
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogRecoveryFailed(e, _partition);
            _recovery!.Change(options.Value.SweepInterval, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _recovering = false;
        }
    }

    private async Task WakeAllAsync(IReadOnlyList<Guid> executions, CancellationToken cancellationToken)
    {
        var healthy = new List<Guid>(executions.Count);
        foreach (var batch in executions.Chunk(WakeParallelism))
        {
            var answers = await Task.WhenAll(batch.Select(id => WakeAsync(id, cancellationToken)));
            healthy.AddRange(batch.Where((_, i) => answers[i]));
        }

        if (healthy.Count > 0)
        {
            await journal.TouchAsync(healthy, time.GetUtcNow() + ExecutionRows.SafetyInterval, cancellationToken);
        }
    }

    private async Task<bool> WakeAsync(Guid executionId, CancellationToken cancellationToken)
    {
        try
        {
            return await GrainFactory.GetGrain<IExecutionGrain>(executionId.ToString("D")).WakeAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogWakeFailed(e, executionId);
            return false;
        }
    }

    private sealed class Waiter(IReadOnlyList<string> tags)
    {
        public IReadOnlyList<string> Tags { get; } = tags;

        public TaskCompletionSource Signal { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: {Count} taken offers were not spoken of in time and go out again")]
    private partial void LogTicketsOverdue(int partition, int count);

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: the sweep failed and is repeated")]
    private partial void LogSweepFailed(Exception exception, int partition);

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: looking at all executions again failed part way and is repeated")]
    private partial void LogRecoveryFailed(Exception exception, int partition);

    [LoggerMessage(LogLevel.Warning, "Execution {ExecutionId} could not be woken; the sweep tries again")]
    private partial void LogWakeFailed(Exception exception, Guid executionId);
}
