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
/// This silo's worker: takes batches from the partitions for its free slots, claims each attempt and has it run. The work itself never runs
/// in a grain. Every call that carries a claim is repeated with the claim's token until it is answered.
/// </summary>
internal sealed partial class WorkerService(
    IGrainFactory grains, ExecutionSignals signals, LeaseRegistry leases, SiloFence fence, WorkerSlots slots, ClaimedAttempts attempts,
    ClaimReturns returns, QueuePartitions partitions, IHostApplicationLifetime lifetime,
    IOptions<EngineOptions> options, TimeProvider time, ILogger<WorkerService> logger) : BackgroundService
{
    private const int MaxBatch = 32;

    // Short: a partition that has to move, because a silo has died, goes only when nobody waits in it any more.
    private static readonly TimeSpan WaitForWork = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TakeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Drains: nothing new is taken, what runs may end in time, the rest is stopped and handed back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        leases.Drain();
        using var drained = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        drained.CancelAfter(options.Value.DrainTimeout);
        try
        {
            await slots.DrainAsync(drained.Token);
        }
        catch (OperationCanceledException)
        {
            LogHandingBack(leases.Count);
            await attempts.AbandonAsync();
            try
            {
                await slots.DrainAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                LogNotHandedBack(leases.Count);
            }
        }

        await attempts.EndAsync();
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
                // To wait for work needs no proof, so that a worker without work leaves the membership table alone.
                if (fence.IsDead || (hasWork && !await fence.PassAsync(stopping)))
                {
                    return;
                }

                // Slots are held while a partition is asked for offers, so only one is asked that has just answered.
                hasWork = hasWork
                    ? await TakeAsync(queue, partition, stopping) > 0
                    : await WaitForWorkAsync(queue, partition, stopping);
                slots.HasWork(partition, hasWork);
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
                slots.HasWork(partition, false);
                await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }
    }

    // While it runs as many processes as it may, the worker asks for other work only; when one has ended, it asks for all again.
    private async Task<bool> WaitForWorkAsync(IQueueGrain queue, int partition, CancellationToken stopping)
    {
        var tags = slots.Tags;
        if (!tags.Contains(WorkerMarks.NoProcess))
        {
            var hasWork = await queue.WaitForWorkAsync(tags, WaitForWork, stopping).WaitAsync(WaitForWork + TakeTimeout, time, stopping);
            slots.Asks(partition, tags);
            return hasWork;
        }

        slots.Asks(partition, tags);

        var freed = slots.WhenProcessFreeAsync();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var work = queue.WaitForWorkAsync(tags, WaitForWork, waiting.Token).WaitAsync(WaitForWork + TakeTimeout, time, waiting.Token);
        if (await Task.WhenAny(work, freed) == work)
        {
            return await work;
        }

        await waiting.CancelAsync();
        await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }

    private async Task<int> TakeAsync(IQueueGrain queue, int partition, CancellationToken stopping)
    {
        var free = new Stack<WorkerSlot>([await slots.WaitAsync(stopping)]);
        while (free.Count < MaxBatch && slots.TryTake() is { } another)
        {
            free.Push(another);
        }

        IReadOnlyList<TaskOffer> offers = [];
        try
        {
            var tags = slots.Tags;
            var taking = queue.TakeAsync(free.Count, tags, stopping);
            try
            {
                offers = await taking.WaitAsync(TakeTimeout, time, stopping);
                slots.Asks(partition, tags);
            }
            catch (TimeoutException)
            {
                _ = RunLateAsync(taking, partition, stopping);
                throw;
            }
        }
        finally
        {
            while (free.Count > offers.Count)
            {
                free.Pop().Release();
            }
        }

        foreach (var offer in offers)
        {
            _ = RunAsync(offer, partition, free.Pop());
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
                _ = RunAsync(offer, partition, await slots.WaitAsync(stopping));
            }
        }
        catch (Exception e)
        {
            LogPartitionUnreachable(e, partition);
        }
    }

    private async Task RunAsync(TaskOffer offer, int partition, WorkerSlot slot)
    {
        var token = Guid.NewGuid();
        var stop = attempts.Register(token);
        try
        {
            var execution = grains.GetExecution(offer.ExecutionId);
            var claim = new TaskClaim { Task = offer.Task, Attempt = offer.Attempt, Worker = slots.Worker, Token = token };
            var (isAnswered, lease) = await ClaimAsync(execution, claim, offer);
            if (isAnswered)
            {
                signals.Done(partition, offer.Ticket);
            }

            if (lease is not null)
            {
                await attempts.RunAsync(offer, lease, token, stop, slot);
            }
        }
        catch (OperationCanceledException)
        {
            // The worker stops; the claim was not answered, so nothing was begun.
        }
        finally
        {
            leases.Remove(token);
            slot.Release();
        }
    }

    // A call that failed may have been carried out, so it is repeated until it is answered; but no longer than the ticket is good for. An
    // execution that cannot be loaded would else take one slot after the other, because its offer goes out again.
    private async Task<(bool IsAnswered, TaskLease? Lease)> ClaimAsync(IExecutionGrain execution, TaskClaim claim, TaskOffer offer)
    {
        var began = time.GetTimestamp();
        var delay = FirstRetryDelay;
        while (true)
        {
            var asking = execution.TryStartAsync(claim, CancellationToken.None);
            try
            {
                var left = OfferQueue.TicketTimeout - time.GetElapsedTime(began);
                return (true, await asking.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, CancellationToken.None));
            }
            catch (Exception e)
            {
                LogRepeated(e, offer.ExecutionId, offer.Task);
                await Task.Delay(delay, time, attempts.Abandoned).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
                if (!asking.IsCompleted || attempts.IsAbandoned
                    || time.GetElapsedTime(began) >= OfferQueue.TicketTimeout)
                {
                    // It may be granted all the same, also when this worker leaves.
                    _ = returns.BeginAsync(execution, claim, asking);
                    LogClaimGivenUp(offer.ExecutionId, offer.Task);
                    return (false, null);
                }
            }
        }
    }
}
