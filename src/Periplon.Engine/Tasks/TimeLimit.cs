namespace Periplon.Engine.Tasks;

/// <summary>Time limits as the language writes them: seconds, any of which may be left out.</summary>
internal static class TimeLimit
{
    // Timers of the runtime end at 2^32 - 2 ms (49.7 days); a longer limit is no limit for an attempt.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    /// <summary>The shorter of two limits.</summary>
    internal static TimeSpan? Shorter(TimeSpan? limit, double? seconds)
    {
        var other = seconds is null ? (TimeSpan?)null : FromSeconds(seconds.Value);
        return limit is null ? other : other is null || limit < other ? limit : other;
    }

    /// <summary>A source that fires at the limit; one that never fires when there is none.</summary>
    internal static CancellationTokenSource Start(TimeSpan? limit, TimeProvider time) =>
        limit is null || limit >= Longest ? new CancellationTokenSource() : new CancellationTokenSource(limit.Value, time);

    private static TimeSpan FromSeconds(double seconds) =>
        seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(Math.Max(seconds, 0));
}
