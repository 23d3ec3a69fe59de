using Periplon.Client.Queue;
using Periplon.Engine.Queue;

namespace Periplon.Simulation;

/// <summary>An activation of a partition, as the grain is: the real queue behind its real admission window, its looks and its
/// backlog.</summary>
internal sealed partial class PartitionActivation : Activation
{
    private const int PageSize = 500;
    private const int Window = 64;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Ageing = TimeSpan.FromSeconds(60);

    private readonly AdmissionWindow _window;
    private readonly OfferQueue _queue;
    private readonly SimulatedQueueStore _store;
    private readonly List<TaskCompletionSource<bool>> _waiters = [];
    private readonly int _partition;

    public PartitionActivation(Silo silo, GrainKey key)
        : base(silo, key)
    {
        _window = new AdmissionWindow(Window, Ageing, silo.Clock);
        _queue = new OfferQueue(silo.Clock, Ageing, _window.Release);
        _store = silo.QueueStore;
        _partition = int.Parse(key.Name);
        After(SweepInterval, SweepLoopAsync);
        silo.Go(RecoverLoopAsync);
    }

    public Task<IReadOnlyList<Guid>> OfferAsync(IReadOnlyList<TaskOffer> offers)
    {
        List<Guid> refused = [];
        foreach (var offer in offers)
        {
            if (offer.StartLane is not null && !_window.Admits(offer))
            {
                refused.Add(offer.ExecutionId);
            }
            else if (_queue.Add(offer) && offer.StartLane is not null)
            {
                _window.Hold(offer);
            }
        }

        RefillIfHungry();
        WakeWaiters();
        return Task.FromResult<IReadOnlyList<Guid>>([.. refused.Distinct()]);
    }

    public Task<IReadOnlyList<TaskOffer>> TakeAsync(int max) => Task.FromResult<IReadOnlyList<TaskOffer>>(_queue.Take(max, []));

    public Task<bool> DoneAsync(IReadOnlyList<long> tickets)
    {
        _queue.Done(tickets);
        RefillIfHungry();
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

    private void WakeWaiters()
    {
        // Who is woken takes itself out of the list, at once or in a turn of its own.
        var waking = Math.Min(_queue.Count, _waiters.Count);
        foreach (var waiter in _waiters.ToArray())
        {
            if (waking > 0 && waiter.TrySetResult(true))
            {
                waking--;
            }
        }
    }

    private void Tidy()
    {
        _queue.ReturnOverdue();
        WakeWaiters();
        _window.WithdrawOverdue();
        RefillIfHungry();
    }
}
