using Microsoft.Extensions.Logging;
using Periplon.Client.Limits;
using Periplon.Core.Limits;

namespace Periplon.Engine.Limits;

/// <summary>One rate limit. What is reserved is stored before anybody is told, a batch or a block of starts at a time.</summary>
[GrainType("rate-limit")]
internal sealed partial class RateLimitGrain(
    [PersistentState(RateLimitGrain.StateName)] IPersistentState<RateLimitState> stored, TimeProvider time, ILogger<RateLimitGrain> logger)
    : Grain, IRateLimitGrain
{
    /// <summary>Name under which its state is stored.</summary>
    public const string StateName = "rate-limit";

    private RateLimit _limit = new([]);
    private StartReservation? _newest;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _limit = new RateLimit(stored.State.Starts.Select(
            starts => new RateStarts(starts.At, starts.Count, TimeSpan.FromSeconds(starts.PeriodSecs))));
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<DateTimeOffset>> ReserveAsync(
        IReadOnlyList<StartReservation> requests, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var answers = requests.Select(request => Apply(request, now)).ToList();
        if (_limit.MustStore)
        {
            stored.State = new RateLimitState
            {
                Starts = [.. _limit.Store().Select(starts => new StoredStarts(starts.At, starts.Count, starts.Period.TotalSeconds))],
            };
            try
            {
                await stored.WriteStateAsync(CancellationToken.None);
            }
            catch (Exception)
            {
                // This activation takes for stored what may not be: the next one begins from what is.
                DeactivateOnIdle();
                throw;
            }
        }

        return answers;
    }

    public Task<StartsView> DescribeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (limit, period) = _newest is { } newest ? (newest.Limit, newest.PeriodSecs) : (0, 0);
        var (recent, waiting) = _limit.Count(now, TimeSpan.FromSeconds(period));
        return Task.FromResult(new StartsView(
            limit, period, recent, waiting, limit == 0 ? now : _limit.NextFor(limit, TimeSpan.FromSeconds(period), now)));
    }

    private DateTimeOffset Apply(StartReservation request, DateTimeOffset now)
    {
        var holder = request.Place.ToHolder();
        if (request.Return)
        {
            _limit.Return(holder, now);
            return now;
        }

        _newest = request;
        return _limit.Reserve(holder, request.Limit, TimeSpan.FromSeconds(request.PeriodSecs), now);
    }

    // Keys are often made of inputs: a row for each that was ever used would stay for ever.
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (reason.ReasonCode is not DeactivationReasonCode.ActivationIdle || !stored.RecordExists || !_limit.IsIdle(time.GetUtcNow()))
        {
            return;
        }

        try
        {
            await stored.ClearStateAsync(cancellationToken);
        }
        catch (Exception e)
        {
            LogNotCleared(e, this.GetPrimaryKeyString());
        }
    }

    [LoggerMessage(LogLevel.Debug, "What is stored of the unused rate limit '{Key}' could not be removed")]
    private partial void LogNotCleared(Exception exception, string key);
}

/// <summary>The starts of a rate limit, as they are stored.</summary>
[GenerateSerializer, Alias("Periplon.RateLimitState")]
internal sealed class RateLimitState
{
    /// <summary>The starts of the last period and those to come.</summary>
    [Id(0)] public List<StoredStarts> Starts { get; set; } = [];
}

/// <summary>Starts that count as one moment.</summary>
/// <param name="At">When, at the latest.</param>
/// <param name="Count">How many, at most.</param>
/// <param name="PeriodSecs">The period they count in, in seconds.</param>
[GenerateSerializer, Immutable, Alias("Periplon.StoredStarts")]
internal sealed record StoredStarts([property: Id(0)] DateTimeOffset At, [property: Id(1)] int Count, [property: Id(2)] double PeriodSecs);
