using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Periplon.Client.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Queue;

/// <summary>
/// One partition of the queue. Nothing of it is stored: the executions of the partition offer their ready tasks again whenever it looks at
/// them, at its start, after the death of a silo and when they are due. Executions that wait to be started come into its memory as far as
/// its window has room; the others are called from the database when there is.
/// </summary>
[GrainType("queue"), HashBasedPlacement]
internal sealed partial class QueueGrain : Grain, IQueueGrain
{
    private readonly IQueueStore _store;
    private readonly Pulse _pulse;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<QueueGrain> _logger;
    private readonly AdmissionWindow _window;
    private readonly OfferQueue _queue;
    private readonly List<Waiter> _waiters = [];
    private int _partition;

    public QueueGrain(IQueueStore store, Pulse pulse, IOptions<EngineOptions> options, TimeProvider time, ILogger<QueueGrain> logger)
    {
        (_store, _pulse, _options, _time, _logger) = (store, pulse, options.Value, time, logger);
        _window = new AdmissionWindow(_options.QueueWindow, _options.Ageing, time);
        // The time goes on from one activation to the next, faster than tickets are handed out.
        _queue = new OfferQueue(time, _options.Ageing, _window.Release, time.GetUtcNow().UtcTicks);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _partition = QueuePartitions.PartitionOf(this.GetPrimaryKeyString());

        StartReminder();
        var interval = _options.SweepInterval;
        StartTimer(static (grain, _) => grain.TidyAsync(), interval, interval);
        StartTimer(static (grain, token) => grain.SweepAsync(token), interval, interval);
        _recovery = StartTimer(static (grain, token) => grain.RecoverLoopAsync(token), TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        _again = StartTimer(
            static (grain, token) => grain.LookAgainAsync(token), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _refill = StartTimer(
            static (grain, token) => grain.RefillAsync(token), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Guid>> OfferAsync(IReadOnlyList<TaskOffer> offers, CancellationToken cancellationToken)
    {
        List<Guid>? refused = null;
        foreach (var offer in offers)
        {
            if (offer.StartLane is not null && !_window.Admits(offer))
            {
                (refused ??= []).Add(offer.ExecutionId);
            }
            else if (_queue.Add(offer) && offer.StartLane is not null)
            {
                _window.Hold(offer);
            }
        }

        RefillIfHungry();
        WakeWaiters();
        return Task.FromResult<IReadOnlyList<Guid>>(refused is null ? [] : [.. refused.Distinct()]);
    }

    public Task<IReadOnlyList<TaskOffer>> TakeAsync(int max, IReadOnlyList<string> tags, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TaskOffer>>(_queue.Take(max, tags));

    public Task DoneAsync(IReadOnlyList<long> tickets)
    {
        _queue.Done(tickets);
        RefillIfHungry();
        return Task.CompletedTask;
    }

    public Task WithdrawAsync(IReadOnlyList<Guid> ended, CancellationToken cancellationToken)
    {
        _queue.Withdraw(ended.ToHashSet());
        RefillIfHungry();
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
            await waiter.Signal.Task.WaitAsync(wait, _time, cancellationToken);
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

    public Task<QueueStats> StatsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new QueueStats(_queue.Count, _queue.Taken, _queue.OldestAt));

    public Task<IReadOnlyList<QueueShare>> DescribeAsync(CancellationToken cancellationToken) => Task.FromResult(_queue.Describe());

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

    private Task TidyAsync()
    {
        if (_queue.ReturnOverdue() is > 0 and var returned)
        {
            LogTicketsOverdue(_partition, returned);
        }

        // The worker that was woken for an offer may have had no slot left for it; another may.
        WakeWaiters();
        _window.WithdrawOverdue();
        RefillIfHungry();
        return Task.CompletedTask;
    }

    private IGrainTimer StartTimer(Func<QueueGrain, CancellationToken, Task> tick, TimeSpan due, TimeSpan period) =>
        this.RegisterGrainTimer(tick, this, new GrainTimerCreationOptions(due, period) { Interleave = true, KeepAlive = true });

    private sealed class Waiter(IReadOnlyList<string> tags)
    {
        public IReadOnlyList<string> Tags { get; } = tags;

        public TaskCompletionSource Signal { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: {Count} taken offers were not spoken of in time and go out again")]
    private partial void LogTicketsOverdue(int partition, int count);
}
