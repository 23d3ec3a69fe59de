using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Limits;
using Periplon.Engine.Invariants;

namespace Periplon.Engine.Limits;

/// <summary>
/// One concurrency limit. Who holds a place is stored before anybody is told; who waits is not, because executions ask again. A holder
/// whose execution has ended without saying so is found by asking it, while somebody waits or after somebody was refused.
/// </summary>
[GrainType("concurrency")]
internal sealed partial class ConcurrencyGrain(
    [PersistentState(ConcurrencyGrain.StateName)] IPersistentState<ConcurrencyState> stored, LimitMessenger messenger, IOptions<EngineOptions> options,
    InvariantMonitor invariants, ILogger<ConcurrencyGrain> logger) : Grain, IConcurrencyGrain
{
    /// <summary>Name under which its state is stored.</summary>
    public const string StateName = "concurrency";

    private const int MostChecked = 64;

    private readonly PlaceStore _store = new(stored);
    private ConcurrencyLimit _limit = ConcurrencyLimit.Empty;
    private IGrainTimer? _check;
    private bool _refused;
    private int _checked;

    private string Key => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _limit = _store.Read();
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<LimitAnswer>> ApplyAsync(IReadOnlyList<PlaceRequest> requests, CancellationToken cancellationToken)
    {
        var next = _limit;
        var answers = new List<LimitAnswer>(requests.Count);
        List<LimitHolder> granted = [], toStop = [];
        foreach (var request in requests)
        {
            var holder = request.Place.ToHolder();
            var step = request.Release ? next.Release(holder) : next.Ask(holder, request.Limit, request.Strategy);

            // Step by step: a later one of the batch may lower the limit.
            LimitInvariants.OnDecided(invariants, Key, next, step.Next);
            next = step.Next;
            answers.Add(step.Answer);
            granted.AddRange(step.Granted);
            toStop.AddRange(step.ToStop);
        }

        if (!next.Holders.SetEquals(_limit.Holders))
        {
            await _store.SaveAsync(next);
        }

        _limit = next;
        foreach (var holder in granted.Where(next.Holders.Contains))
        {
            messenger.Grant(Key, holder);
        }

        foreach (var holder in toStop.Where(next.Holders.Contains))
        {
            messenger.Stop(Key, holder);
        }

        _refused |= answers.Contains(LimitAnswer.Refused);
        CheckWhileOthersWant();
        return answers;
    }

    public Task<PlacesView> DescribeAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new PlacesView(_limit.Limit, [.. _limit.Holders.Select(LimitPlace.Of)], _limit.Waiters.Count));

    private void CheckWhileOthersWant()
    {
        if (_limit.Waiters.IsEmpty && !_refused)
        {
            _check?.Dispose();
            _check = null;
        }
        else
        {
            _check ??= this.RegisterGrainTimer(
                static (grain, token) => grain.CheckHoldersAsync(token), this,
                new GrainTimerCreationOptions(options.Value.SweepInterval, options.Value.SweepInterval)
                {
                    Interleave = true, KeepAlive = true,
                });
        }
    }

    private async Task CheckHoldersAsync(CancellationToken cancellationToken)
    {
        // A few in each round, and in the next round those after them.
        _checked = _checked < _limit.Holders.Count ? _checked : 0;
        var holders = _limit.Holders.Skip(_checked).Take(MostChecked).ToList();
        _checked += holders.Count;
        var held = await Task.WhenAll(holders.Select(holder => HoldsAsync(holder, cancellationToken)));
        foreach (var (holder, _) in holders.Zip(held).Where(pair => !pair.Second))
        {
            LogGone(holder.Execution, holder.Task, Key);
            messenger.Release(Key, holder);
        }

        if (_checked >= _limit.Holders.Count)
        {
            _refused = false;
            CheckWhileOthersWant();
        }
    }

    private async Task<bool> HoldsAsync(LimitHolder holder, CancellationToken cancellationToken)
    {
        try
        {
            return await GrainFactory.GetGrain<IExecutionGrain>(holder.Execution.ToString("D"))
                .HoldsPlaceAsync(LimitPlace.Of(holder), cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Not known is not gone: the next round asks again.
            LogNotAnswered(e, holder.Execution, Key);
            return true;
        }
    }

    [LoggerMessage(LogLevel.Information, "Execution {ExecutionId}, task '{Task}', has left its place under limit '{Key}'; it is freed")]
    private partial void LogGone(Guid executionId, string task, string key);

    [LoggerMessage(LogLevel.Debug, "Execution {ExecutionId} did not say whether it holds its place under limit '{Key}'; it is asked again")]
    private partial void LogNotAnswered(Exception exception, Guid executionId, string key);
}

/// <summary>The places of a concurrency limit, as they are stored.</summary>
[GenerateSerializer, Alias("Periplon.ConcurrencyState")]
internal sealed class ConcurrencyState
{
    /// <summary>How many places there are.</summary>
    [Id(0)] public int Limit { get; set; } = 1;

    /// <summary>When the asker asked who said so.</summary>
    [Id(1)] public DateTimeOffset LimitSetAt { get; set; }

    /// <summary>Who holds them.</summary>
    [Id(2)] public List<LimitPlace> Holders { get; set; } = [];
}
