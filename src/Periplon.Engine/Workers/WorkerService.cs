using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Membership;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Workers;

/// <summary>
/// This silo's worker: takes batches from the partitions for its free slots, claims each attempt, runs it and reports. The work itself runs
/// here and never in a grain. Every call that carries a claim is repeated with the claim's token until it is answered.
/// </summary>
internal sealed partial class WorkerService(
    IGrainFactory grains, ExecutionSignals signals, LeaseRegistry leases, SiloFence fence, IAttemptRunner attempts,
    QueuePartitions partitions, ILocalSiloDetails local, IHostApplicationLifetime lifetime,
    IOptions<EngineOptions> options, TimeProvider time, ILogger<WorkerService> logger) : BackgroundService
{
    private const int MaxBatch = 32;

    // Short: a partition that has to move, because a silo has died, goes only when nobody waits in it any more.
    private static readonly TimeSpan WaitForWork = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TakeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    // A report that cannot be delivered for so long goes on without keeping others from work.
    private static readonly TimeSpan ReportHoldsSlotFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LateReportDelay = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _slots = new(options.Value.Slots);
    private readonly CancellationTokenSource _abandon = new();
    private readonly CancellationTokenSource _end = new();
    private volatile bool _stopped;
    private int _drainedSlots;
    private readonly string _name = local.SiloAddress.ToParsableString();

    public override void Dispose()
    {
        _slots.Dispose();
        _abandon.Dispose();
        _end.Dispose();
        base.Dispose();
    }

    /// <summary>Drains: nothing new is taken, what runs may end in time, the rest is stopped and handed back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        leases.Drain();
        using var drained = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        drained.CancelAfter(options.Value.DrainTimeout);
        try
        {
            await AllSlotsAsync(drained.Token);
        }
        catch (OperationCanceledException)
        {
            LogHandingBack(leases.Count);
            await _abandon.CancelAsync();
            try
            {
                await AllSlotsAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                LogNotHandedBack(leases.Count);
            }
        }

        _stopped = true;
        await _end.CancelAsync();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RunsTasks)
        {
            return;
        }

        // At once: other services may take long to stop before this one's turn comes, and work must not be taken meanwhile.
        await using var draining = lifetime.ApplicationStopping.Register(leases.Drain);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, leases.Draining);
        await Task.WhenAll(Enumerable.Range(0, partitions.Count).Select(partition => ServeAsync(partition, stopping.Token)));
    }

    private async Task ServeAsync(int partition, CancellationToken stopping)
    {
        var queue = grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition));
        var delay = FirstRetryDelay;
        var hasWork = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!await fence.PassAsync(stopping))
                {
                    return;
                }

                // Slots are held while a partition is asked for offers, so only one is asked that has just answered.
                hasWork = hasWork
                    ? await TakeAsync(queue, partition, stopping) > 0
                    : await queue.WaitForWorkAsync(options.Value.Tags, WaitForWork, stopping);
                delay = FirstRetryDelay;
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogPartitionUnreachable(e, partition);
                hasWork = false;
                await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }
    }

    private async Task<int> TakeAsync(IQueueGrain queue, int partition, CancellationToken stopping)
    {
        await _slots.WaitAsync(stopping);
        var free = 1;
        while (free < MaxBatch && _slots.Wait(0, CancellationToken.None))
        {
            free++;
        }

        IReadOnlyList<TaskOffer> offers = [];
        try
        {
            var taking = queue.TakeAsync(free, options.Value.Tags, stopping);
            try
            {
                offers = await taking.WaitAsync(TakeTimeout, time, stopping);
            }
            catch (TimeoutException)
            {
                _ = RunLateAsync(taking, partition, stopping);
                throw;
            }
        }
        finally
        {
            if (free > offers.Count)
            {
                _slots.Release(free - offers.Count);
            }
        }

        foreach (var offer in offers)
        {
            _ = RunAsync(offer, partition);
        }

        return offers.Count;
    }

    // An answer that comes late has taken offers all the same, and nobody else gets them before their tickets run out.
    private async Task RunLateAsync(Task<IReadOnlyList<TaskOffer>> taking, int partition, CancellationToken stopping)
    {
        try
        {
            foreach (var offer in await taking)
            {
                await _slots.WaitAsync(stopping);
                _ = RunAsync(offer, partition);
            }
        }
        catch (Exception e)
        {
            LogPartitionUnreachable(e, partition);
        }
    }

    private async Task RunAsync(TaskOffer offer, int partition)
    {
        var token = Guid.NewGuid();
        var stop = leases.Add(token, _abandon.Token);
        var slot = new Slot(_slots);
        try
        {
            var execution = grains.GetGrain<IExecutionGrain>(offer.ExecutionId.ToString("D"));
            var claim = new TaskClaim { Task = offer.Task, Attempt = offer.Attempt, Worker = _name, Token = token };
            var (isAnswered, lease) = await ClaimAsync(execution, claim, offer);
            if (isAnswered)
            {
                signals.Done(partition, offer.Ticket);
            }

            if (lease is null)
            {
                return;
            }

            var outcome = await MayStartAsync(stop.Token) ? await attempts.RunAsync(offer, lease, stop.Token) : TaskOutcome.Returned();
            if (outcome.Kind is TaskOutcomeKind.Cancelled && (_abandon.IsCancellationRequested || leases.IsHandedBack(token)))
            {
                outcome = TaskOutcome.Returned();
            }

            leases.OnEnded(outcome);
            if (!await fence.PassAsync(_end.Token))
            {
                fence.OnReportWithheld();
                LogWithheld(offer.ExecutionId, offer.Task, offer.Attempt);
                return;
            }

            var report = new TaskReport
            {
                Task = offer.Task,
                Attempt = offer.Attempt,
                Token = token,
                Outcome = TaskOutcomes.Encode(outcome),
            };
            await ReportAsync(execution, report, offer, slot);
        }
        catch (OperationCanceledException)
        {
            // The worker stops; the claim was not answered, so nothing was begun.
        }
        catch (Exception e)
        {
            LogAttemptLost(e, offer.ExecutionId, offer.Task, offer.Attempt);
        }
        finally
        {
            leases.Remove(token);
            slot.Release();
        }
    }

    // One that is to stop meanwhile starts all the same: it stops by itself, and then says how it ended.
    private async Task<bool> MayStartAsync(CancellationToken stop)
    {
        try
        {
            return await fence.PassAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    // A call that failed may have been carried out, so it is repeated until it is answered; but no longer than the ticket is good for. An
    // execution that cannot be loaded would else take one slot after the other, because its offer goes out again.
    private async Task<(bool IsAnswered, TaskLease? Lease)> ClaimAsync(IExecutionGrain execution, TaskClaim claim, TaskOffer offer)
    {
        var began = time.GetTimestamp();
        var delay = FirstRetryDelay;
        while (OfferQueue.TicketTimeout - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            var asking = execution.TryStartAsync(claim, CancellationToken.None);
            try
            {
                return (true, await asking.WaitAsync(left, time, CancellationToken.None));
            }
            catch (Exception e) when (!_abandon.IsCancellationRequested && !_stopped)
            {
                if (!asking.IsCompleted)
                {
                    _ = ReturnLateAsync(asking, execution, claim, offer);
                    break;
                }

                LogRepeated(e, offer.ExecutionId, offer.Task);
                await Task.Delay(delay, time, _abandon.Token);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }

        LogClaimGivenUp(offer.ExecutionId, offer.Task);
        return (false, null);
    }

    // The claim may be granted after it was given up. Nobody works on it, and so it goes back at once, not when its lease is missed.
    private async Task ReturnLateAsync(Task<TaskLease?> asking, IExecutionGrain execution, TaskClaim claim, TaskOffer offer)
    {
        try
        {
            if (await asking is not null)
            {
                await execution.ReportAsync(
                    new TaskReport
                    {
                        Task = claim.Task, Attempt = claim.Attempt, Token = claim.Token, Outcome = TaskOutcomes.Encode(TaskOutcome.Returned()),
                    },
                    CancellationToken.None);
            }
        }
        catch (Exception e)
        {
            LogRepeated(e, offer.ExecutionId, offer.Task);
        }
    }

    // Only an answer ends the repetition: the lease stays with this worker, and the work is not done again elsewhere.
    private async Task ReportAsync(IExecutionGrain execution, TaskReport report, TaskOffer offer, Slot slot)
    {
        var began = time.GetTimestamp();
        var delay = FirstRetryDelay;
        while (true)
        {
            try
            {
                await execution.ReportAsync(report, CancellationToken.None);
                return;
            }
            catch (Exception e) when (!_stopped)
            {
                LogRepeated(e, offer.ExecutionId, offer.Task);
                var isLate = time.GetElapsedTime(began) >= ReportHoldsSlotFor;
                if (isLate && slot.Release())
                {
                    LogReportLate(offer.ExecutionId, offer.Task, offer.Attempt);
                }

                await Task.Delay(isLate ? LateReportDelay : delay, time, _end.Token);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }
    }

    // Slots that are drained stay so: a second call, after a time-out or at a second stop, waits for the rest only.
    private async Task AllSlotsAsync(CancellationToken cancellationToken)
    {
        while (_drainedSlots < options.Value.Slots)
        {
            await _slots.WaitAsync(cancellationToken);
            _drainedSlots++;
        }
    }

    private sealed class Slot(SemaphoreSlim slots)
    {
        private bool _isFree;

        /// <summary>Frees the slot; false when it is free already.</summary>
        public bool Release()
        {
            if (_isFree)
            {
                return false;
            }

            _isFree = true;
            slots.Release();
            return true;
        }
    }
}
