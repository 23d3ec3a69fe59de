using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Queue;

namespace Periplon.Simulation;

/// <summary>The worker of a silo, as the service is: slots, claims under the real lease registry, attempts and reports.</summary>
internal sealed class SimulatedWorker(Silo silo)
{
    private const int MaxBatch = 32;

    private static readonly TimeSpan WaitForWork = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestReturnDelay = TimeSpan.FromSeconds(5);
    private static readonly JsonElement[] Items =
        [.. new[] { "[]", "[1]", "[1, 2, 3]" }.Select(text => JsonDocument.Parse(text).RootElement)];

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    private readonly World _world = silo.World;
    private readonly HashSet<Guid> _claimed = [];
    private readonly Queue<TaskCompletionSource> _forSlot = new();
    private readonly Dictionary<Guid, TaskCompletionSource> _attempts = [];
    private TaskCompletionSource? _empty;
    private bool _isAbandoned;
    private int _free = silo.World.Faults.Slots;

    private bool IsDraining => silo.Leases.Draining.IsCancellationRequested;

    public void Start()
    {
        for (var partition = 0; partition < _world.Partitions.Count; partition++)
        {
            var served = partition;
            silo.Go(() => ServeAsync(served));
        }
    }

    /// <summary>Stops attempts; they notice as the real ones do.</summary>
    public void Stop(IReadOnlyList<Guid> tokens)
    {
        silo.Leases.Stop(tokens);
        foreach (var token in tokens)
        {
            if (_attempts.TryGetValue(token, out var stopped))
            {
                stopped.TrySetResult();
            }
        }
    }

    /// <summary>Drains: nothing new is taken, what runs may end in time, the rest is handed back.</summary>
    public async Task StopAsync()
    {
        silo.Leases.Drain();
        silo.After(DrainTimeout, () =>
        {
            _isAbandoned = true;
            Stop([.. _claimed]);
        });
        if (silo.Leases.Count > 0)
        {
            _empty = new TaskCompletionSource();
            await _empty.Task;
        }
    }

    /// <summary>A slot for an attempt that was not offered, and its registered claim; null when there is none, and now and then by
    /// chance.</summary>
    public (Guid Token, CancellationTokenSource Stop)? TryTakeAhead()
    {
        if (_free == 0 || IsDraining || _isAbandoned || _world.Random.OneIn(3))
        {
            return null;
        }

        _free--;
        var token = _world.Random.NextGuid();
        return (token, Register(token));
    }

    /// <summary>Runs an attempt that was started without a claim.</summary>
    public void Begin(TaskOffer offer, TaskLease lease, Guid token, CancellationTokenSource stop) => silo.Go(async () =>
    {
        try
        {
            await RunAsync(offer, lease, token, stop);
        }
        finally
        {
            Forget(token);
        }
    });

    /// <summary>Forgets a claim and frees its slot.</summary>
    public void Forget(Guid token)
    {
        silo.Leases.Remove(token);
        _claimed.Remove(token);
        _attempts.Remove(token);
        Release(1);
        if (IsDraining && silo.Leases.Count == 0)
        {
            _empty?.TrySetResult();
        }
    }

    private CancellationTokenSource Register(Guid token)
    {
        _claimed.Add(token);
        return silo.Leases.Add(token, CancellationToken.None);
    }

    private async Task ServeAsync(int partition)
    {
        var delay = FirstRetryDelay;
        while (!IsDraining)
        {
            try
            {
                if (await TakeAsync(partition) == 0)
                {
                    await _world.CallAsync<PartitionActivation, bool>(
                        silo, GrainKey.Partition(partition), static queue => queue.WaitForWorkAsync(WaitForWork));
                }

                delay = FirstRetryDelay;
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                await silo.DelayAsync(delay);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }
    }

    private async Task<int> TakeAsync(int partition)
    {
        while (_free == 0)
        {
            var slot = new TaskCompletionSource();
            _forSlot.Enqueue(slot);
            await slot.Task;
        }

        var free = Math.Min(_free, MaxBatch);
        _free -= free;
        IReadOnlyList<TaskOffer> offers = [];
        try
        {
            offers = IsDraining ? [] : await _world.CallAsync<PartitionActivation, IReadOnlyList<TaskOffer>>(
                silo, GrainKey.Partition(partition), queue => queue.TakeAsync(free));
        }
        finally
        {
            Release(free - offers.Count);
        }

        foreach (var offer in offers)
        {
            silo.Go(() => RunAsync(offer, partition));
        }

        return offers.Count;
    }

    private void Release(int slots)
    {
        _free += slots;
        while (slots-- > 0 && _forSlot.TryDequeue(out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    private async Task RunAsync(TaskOffer offer, int partition)
    {
        var token = _world.Random.NextGuid();
        var stop = Register(token);
        try
        {
            var key = GrainKey.Execution(offer.ExecutionId);
            var claim = new TaskClaim { Task = offer.Task, Attempt = offer.Attempt, Worker = silo.Name, Token = token };
            if (_isAbandoned)
            {
                return;
            }

            var (isAnswered, lease) = await ClaimAsync(key, claim);
            if (isAnswered)
            {
                silo.Signals.Done(partition, offer.Ticket);
            }

            if (lease is not null)
            {
                await RunAsync(offer, lease, token, stop);
            }
        }
        finally
        {
            Forget(token);
        }
    }

    // No longer than the ticket is good for.
    private async Task<(bool IsAnswered, TaskLease? Lease)> ClaimAsync(GrainKey key, TaskClaim claim)
    {
        var end = _world.Now + OfferQueue.TicketTimeout.Ticks;
        for (var delay = FirstRetryDelay; ; delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay)
        {
            var asking = _world.CallAsync<ExecutionActivation, TaskLease?>(silo, key, execution => execution.TryStartAsync(claim));
            await Task.WhenAny(asking, silo.DelayAsync(TimeSpan.FromTicks(Math.Max(0, end - _world.Now))));
            try
            {
                if (asking.IsCompleted)
                {
                    return (true, await asking);
                }
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                // It may have been granted all the same.
            }

            await silo.DelayAsync(delay);
            if (!asking.IsCompleted || _isAbandoned || _world.Now >= end)
            {
                _world.Trace?.Invoke($"{silo} gives up its claim of {key} {claim.Task}/{claim.Attempt}");
                silo.Leases.Keep(claim.Token);
                silo.Go(() => ReturnAsync(key, claim, asking));
                return (false, null);
            }
        }
    }

    // As the returns of claims are: held until the execution has heard of it.
    private async Task ReturnAsync(GrainKey key, TaskClaim claim, Task<TaskLease?> asking)
    {
        if (!_world.Protocol.ReturnsClaims)
        {
            return;
        }

        for (var delay = FirstRetryDelay; !await IsRefusedAsync(asking); delay = delay * 2 < LongestReturnDelay ? delay * 2 : LongestReturnDelay)
        {
            var isLast = IsDraining;
            try
            {
                var answer = await _world.CallAsync<ExecutionActivation, ReportStatus>(
                    silo, key, execution => execution.ReportAsync(claim.Task, claim.Attempt, claim.Token, TaskOutcome.Returned()));
                _world.Trace?.Invoke($"{silo} returned its claim of {key} {claim.Task}/{claim.Attempt}: {answer}");
                break;
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                if (isLast)
                {
                    break;
                }

                await silo.DelayAsync(delay);
            }
        }

        silo.Leases.Drop(claim.Token);
    }

    private static async Task<bool> IsRefusedAsync(Task<TaskLease?> asking)
    {
        try
        {
            return await asking is null;
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            return false;
        }
    }

    private async Task RunAsync(TaskOffer offer, TaskLease lease, Guid token, CancellationTokenSource stop)
    {
        var key = GrainKey.Execution(offer.ExecutionId);
        _world.Ledger.OnLeased(offer.ExecutionId, offer.Task, offer.Attempt, token);
        _world.Trace?.Invoke($"{silo} runs {key} {offer.Task}/{offer.Attempt}/{lease.Delivery}");
        var outcome = await AttemptAsync(offer, lease, token, stop);
        if (outcome.Kind is TaskOutcomeKind.Cancelled && _isAbandoned)
        {
            outcome = TaskOutcome.Returned();
        }

        silo.Leases.OnEnded(outcome);
        var answer = await RepeatAsync(() => _world.CallAsync<ExecutionActivation, ReportStatus>(
            silo, key, execution => execution.ReportAsync(offer.Task, offer.Attempt, token, outcome)));
        _world.Trace?.Invoke($"{silo} reported {key} {offer.Task}/{offer.Attempt} as {outcome.Kind}: {answer}");
    }

    private async Task<TaskOutcome> AttemptAsync(TaskOffer offer, TaskLease lease, Guid token, CancellationTokenSource stop)
    {
        var random = _world.Random;
        var time = random.Next(10) switch
        {
            < 6 => random.Milliseconds(5, 500),
            < 9 => random.Milliseconds(500, 5_000),
            _ => random.Milliseconds(5_000, 40_000),
        };
        var limit = lease.TimeoutSecs is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        if (!stop.IsCancellationRequested)
        {
            // Some attempts do not listen.
            var ended = new TaskCompletionSource();
            if (!random.OneIn(8))
            {
                _attempts[token] = ended;
            }

            silo.After(time < limit ? time : limit, () => ended.TrySetResult());
            await ended.Task;
        }

        var task = SampleWorkflows.All[lease.Revision].PlanOf(lease.Subflow).Find(offer.Task)!;
        var output = new TaskOutput
        {
            Text = token.ToString("N"), Size = 32, Items = lease.Work is AttemptWork.Collection ? Items[random.Next(Items.Length)] : null,
        };
        return stop.IsCancellationRequested ? TaskOutcome.Cancelled()
            : time > limit ? TaskOutcome.TimedOut(limit)
            : random.OneIn(_world.IsHealed ? 20 : 6) ? TaskOutcome.Failed(FailureKinds.ExitCode, token.ToString("N"), exitCode: 1)
            : task.Definition.DefinitionOfDone is not null && random.OneIn(2) ? TaskOutcome.Unmet(output, "not yet")
            : TaskOutcome.Completed(output);
    }

    // A call that failed may have been carried out: only an answer ends the repetition.
    private async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        for (var delay = FirstRetryDelay; ; delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                await silo.DelayAsync(delay);
            }
        }
    }
}

/// <summary>The face of a silo's worker.</summary>
internal sealed class WorkerActivation(Silo silo, GrainKey key) : Activation(silo, key)
{
    public IReadOnlyList<Guid> Holds(IReadOnlyList<Guid> tokens) => [.. tokens.Where(Silo.Leases.Holds)];

    public Task<bool> StopAsync(IReadOnlyList<Guid> tokens)
    {
        Silo.Worker.Stop(tokens);
        return Task.FromResult(true);
    }
}
