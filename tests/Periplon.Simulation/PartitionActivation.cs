using Periplon.Client.Queue;
using Periplon.Engine.Executions;
using Periplon.Engine.Queue;

namespace Periplon.Simulation;

/// <summary>An activation of a partition, as the grain is: the real queue, its sweep and its recovery.</summary>
internal sealed class PartitionActivation : Activation
{
    private const int PageSize = 500;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(3);

    private readonly OfferQueue _queue;
    private readonly List<TaskCompletionSource<bool>> _waiters = [];
    private readonly int _partition;
    private bool _isRecovering;
    private bool _recoversAgain;

    public PartitionActivation(Silo silo, GrainKey key)
        : base(silo, key)
    {
        _queue = new OfferQueue(silo.Clock);
        _partition = int.Parse(key.Name);
        After(SweepInterval, SweepLoopAsync);
        silo.Go(RecoverLoopAsync);
    }

    public Task<bool> OfferAsync(IReadOnlyList<TaskOffer> offers)
    {
        foreach (var offer in offers)
        {
            _queue.Add(offer);
        }

        WakeWaiters();
        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<TaskOffer>> TakeAsync(int max) => Task.FromResult<IReadOnlyList<TaskOffer>>(_queue.Take(max, []));

    public Task<bool> DoneAsync(IReadOnlyList<long> tickets)
    {
        _queue.Done(tickets);
        return Task.FromResult(true);
    }

    public async Task<bool> WaitForWorkAsync(TimeSpan wait)
    {
        if (_queue.HasWorkFor([]))
        {
            return true;
        }

        var waiter = new TaskCompletionSource<bool>();
        _waiters.Add(waiter);
        Silo.After(wait, () => waiter.TrySetResult(false));
        try
        {
            return await waiter.Task;
        }
        finally
        {
            _waiters.Remove(waiter);
        }
    }

    public Task<bool> RecoverAsync()
    {
        _recoversAgain = true;
        Silo.Go(RecoverLoopAsync);
        return Task.FromResult(true);
    }

    private void WakeWaiters()
    {
        var waking = Math.Min(_queue.Count, _waiters.Count);
        for (var i = 0; i < _waiters.Count && waking > 0; i++)
        {
            // Who is woken takes itself out of the list later, in a turn of its own.
            if (_waiters[i].TrySetResult(true))
            {
                waking--;
            }
        }
    }

    private async Task SweepLoopAsync()
    {
        await SweepAsync();
        After(SweepInterval, SweepLoopAsync);
    }

    private async Task SweepAsync()
    {
        _queue.ReturnOverdue();
        WakeWaiters();
        try
        {
            var due = await Silo.Journal.ListDueAsync(_partition, Silo.UtcNow, PageSize, CancellationToken.None);
            if (due.Count > 0)
            {
                await WakeAllAsync(due);
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // The next sweep comes.
        }
    }

    private async Task RecoverLoopAsync()
    {
        _recoversAgain = true;
        if (_isRecovering)
        {
            return;
        }

        _isRecovering = true;
        try
        {
            while (_recoversAgain)
            {
                _recoversAgain = false;
                Guid? after = null;
                while (await Silo.Journal.ListActiveAsync(_partition, after, PageSize, CancellationToken.None) is { Count: > 0 } page)
                {
                    await WakeAllAsync(page);
                    after = page[^1];
                }
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            After(SweepInterval, RecoverLoopAsync);
        }
        finally
        {
            _isRecovering = false;
        }
    }

    private async Task WakeAllAsync(IReadOnlyList<Guid> executions)
    {
        var answers = await Task.WhenAll(executions.Select(WakeAsync));
        var healthy = executions.Where((_, i) => answers[i]).ToList();
        if (healthy.Count > 0)
        {
            await Silo.Journal.TouchAsync(healthy, Silo.UtcNow + ExecutionRows.SafetyInterval, CancellationToken.None);
        }
    }

    private async Task<bool> WakeAsync(Guid id)
    {
        try
        {
            return await World.CallAsync<ExecutionActivation, bool>(Silo, GrainKey.Execution(id), static execution => execution.WakeAsync());
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            return false;
        }
    }
}
