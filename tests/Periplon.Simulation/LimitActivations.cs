using Periplon.Client.Limits;
using Periplon.Core.Limits;

namespace Periplon.Simulation;

/// <summary>A grain that answers one call at a time and stores what it says before it says it.</summary>
internal abstract class StoredActivation(Silo silo, GrainKey key) : Activation(silo, key)
{
    private Task _last = Task.CompletedTask;
    private long _version;

    protected override async Task ActivateAsync()
    {
        var (state, version) = await Silo.Journal.ReadStateAsync(Key);
        _version = version;
        Load(state);
    }

    protected abstract void Load(object? state);

    protected async Task<T> InTurnAsync<T>(Func<Task<T>> work)
    {
        var before = _last;
        var over = new TaskCompletionSource();
        _last = over.Task;
        await before;
        try
        {
            // Calls that wait in front of an activation that has gone are answered by the next one.
            return IsDeactivated ? throw new SiloUnavailableException($"{Key} has moved") : await work();
        }
        finally
        {
            over.SetResult();
        }
    }

    protected async Task StoreAsync(object? state)
    {
        try
        {
            _version = await Silo.Journal.WriteStateAsync(Key, state, _version);
        }
        catch (InconsistentStoreException)
        {
            Deactivate();
            throw;
        }
    }
}

/// <summary>A concurrency limit, as its grain is.</summary>
internal sealed class PlacesActivation(Silo silo, GrainKey key) : StoredActivation(silo, key)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(3);

    private ConcurrencyLimit _limit = ConcurrencyLimit.Empty;
    private bool _isChecking;
    private bool _refused;

    public Task<IReadOnlyList<LimitAnswer>> ApplyAsync(IReadOnlyList<LimitRequest> requests) => InTurnAsync(() => ApplyInTurnAsync(requests));

    protected override void Load(object? state) => _limit = state is ConcurrencyLimit stored
        ? new ConcurrencyLimit { Limit = stored.Limit, LimitSetAt = stored.LimitSetAt, Holders = stored.Holders }
        : ConcurrencyLimit.Empty;

    private async Task<IReadOnlyList<LimitAnswer>> ApplyInTurnAsync(IReadOnlyList<LimitRequest> requests)
    {
        var next = _limit;
        var answers = new List<LimitAnswer>(requests.Count);
        List<LimitHolder> granted = [], toStop = [];
        foreach (var request in requests)
        {
            var step = request.Kind is LimitRequestKind.Release
                ? next.Release(request.Holder)
                : next.Ask(request.Holder, request.Limit, request.Strategy);
            next = step.Next;
            answers.Add(step.Answer);
            granted.AddRange(step.Granted);
            toStop.AddRange(step.ToStop);
        }

        if (!next.Holders.SetEquals(_limit.Holders))
        {
            await StoreAsync(next.Holders.IsEmpty ? null : next);
        }

        _limit = next;
        foreach (var holder in granted.Where(next.Holders.Contains))
        {
            Silo.Limits.Grant(Key.Name, holder);
        }

        foreach (var holder in toStop.Where(next.Holders.Contains).Order())
        {
            Silo.Limits.Stop(Key.Name, holder);
        }

        _refused |= answers.Contains(LimitAnswer.Refused);
        CheckWhileOthersWant();
        return answers;
    }

    private void CheckWhileOthersWant()
    {
        if (!_isChecking && World.Protocol.ChecksHolders && (!_limit.Waiters.IsEmpty || _refused))
        {
            _isChecking = true;
            After(CheckInterval, CheckHoldersAsync);
        }
    }

    private async Task CheckHoldersAsync()
    {
        var holders = _limit.Holders.ToList();
        var held = await Task.WhenAll(holders.Select(HoldsAsync));
        foreach (var (holder, _) in holders.Zip(held).Where(pair => !pair.Second))
        {
            World.Trace?.Invoke($"{Key}: {holder.Execution.ToString()[^6..]} '{holder.Task}' has left its place");
            Silo.Limits.Release(Key.Name, holder);
        }

        _refused = false;
        _isChecking = false;
        CheckWhileOthersWant();
    }

    private async Task<bool> HoldsAsync(LimitHolder holder)
    {
        try
        {
            return await World.CallAsync<ExecutionActivation, bool>(
                Silo, GrainKey.Execution(holder.Execution), execution => execution.HoldsPlaceAsync(LimitPlace.Of(holder)));
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // Not known is not gone.
            return true;
        }
    }
}

/// <summary>A rate limit, as its grain is.</summary>
internal sealed class RateActivation(Silo silo, GrainKey key) : StoredActivation(silo, key)
{
    private RateLimit _limit = new([]);

    public Task<IReadOnlyList<DateTimeOffset>> ReserveAsync(IReadOnlyList<LimitRequest> requests) => InTurnAsync(() => ReserveInTurnAsync(requests));

    protected override void Load(object? state) => _limit = new RateLimit(state as IReadOnlyList<RateStarts> ?? []);

    private async Task<IReadOnlyList<DateTimeOffset>> ReserveInTurnAsync(IReadOnlyList<LimitRequest> requests)
    {
        var now = Silo.UtcNow;
        var answers = requests.Select(request => ApplyOne(request, now)).ToList();
        if (_limit.MustStore)
        {
            try
            {
                await StoreAsync(_limit.Store());
            }
            catch (Exception)
            {
                // This activation takes for stored what may not be: the next one begins from what is.
                Deactivate();
                throw;
            }
        }

        foreach (var (request, at) in requests.Zip(answers).Where(pair => pair.First.Kind is LimitRequestKind.Reserve))
        {
            World.Ledger.OnReserved(request, at);
        }

        return answers;
    }

    private DateTimeOffset ApplyOne(LimitRequest request, DateTimeOffset now)
    {
        if (request.Kind is LimitRequestKind.Return)
        {
            _limit.Return(request.Holder, now);
            World.Ledger.OnReturned(request);
            return now;
        }

        return _limit.Reserve(request.Holder, request.Limit, TimeSpan.FromSeconds(request.PeriodSecs), now);
    }
}
