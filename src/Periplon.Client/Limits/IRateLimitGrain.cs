using Orleans.CodeGeneration;

namespace Periplon.Client.Limits;

/// <summary>
/// One rate limit: the authority on when the next one may start under a key. Key: that of <see cref="Core.Limits.LimitKeys"/>.
/// </summary>
[Alias("Periplon.IRateLimitGrain"), Version(2)]
public interface IRateLimitGrain : IGrainWithStringKey
{
    /// <summary>Reserves starts, in order; each answer is when that one may start, now or later. May be repeated.</summary>
    [Alias("Reserve")]
    Task<IReadOnlyList<DateTimeOffset>> ReserveAsync(IReadOnlyList<StartReservation> requests, CancellationToken cancellationToken);
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
}
