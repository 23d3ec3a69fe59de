using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Periplon.Client.Limits;

/// <summary>
/// One rate limit: the authority on when the next one may start under a key. Key: that of <see cref="Core.Limits.LimitKeys"/>.
/// </summary>
[Alias("Periplon.IRateLimitGrain"), Version(2)]
public interface IRateLimitGrain : IGrainWithStringKey
{
    /// <summary>
    /// Reserves starts and takes them back, in order; each answer is when that one may start, now or later, and means nothing for one that
    /// is given back. May be repeated.
    /// </summary>
    [Alias("Reserve")]
    Task<IReadOnlyList<DateTimeOffset>> ReserveAsync(IReadOnlyList<StartReservation> requests, CancellationToken cancellationToken);

    /// <summary>The starts to come.</summary>
    [Alias("Describe"), ReadOnly, AlwaysInterleave]
    Task<StartsView> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>A request for a start under a rate limit.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.StartReservation")]
public sealed record StartReservation
{
    /// <summary>Who asks.</summary>
    [Id(0)] public required LimitPlace Place { get; init; }
    /// <summary>How many starts there may be in a period, as the asker says.</summary>
    [Id(1)] public required int Limit { get; init; }
    /// <summary>The period, in seconds, as the asker says.</summary>
    [Id(2)] public required double PeriodSecs { get; init; }
    /// <summary>Whether the start is given back, because it will not be used.</summary>
    [Id(3)] public bool Return { get; init; }
}

/// <summary>A rate limit as it stands.</summary>
/// <param name="Limit">How many starts there may be in a period, as the newest asker said; 0 when none has since the limit was
/// loaded.</param>
/// <param name="PeriodSecs">The period, in seconds.</param>
/// <param name="Recent">Starts of the last period.</param>
/// <param name="Waiting">Starts that are reserved for later.</param>
/// <param name="NextAt">When the next asker may start.</param>
[GenerateSerializer, Immutable, Alias("Periplon.StartsView")]
public sealed record StartsView(
    [property: Id(0)] int Limit, [property: Id(1)] double PeriodSecs, [property: Id(2)] int Recent, [property: Id(3)] int Waiting,
    [property: Id(4)] DateTimeOffset NextAt);
