namespace Periplon.Core.Workflows;

/// <summary><c>on_error</c> of a task (reference §8).</summary>
public sealed record ErrorHandlingDefinition
{
    /// <summary>Extra attempts after the first. Default: 0.</summary>
    public int Retry { get; init; }

    /// <summary>Agent that takes over after the first failure; <see cref="Retry"/> is then ignored.</summary>
    public string? FallbackAgent { get; init; }

    /// <summary>Seconds before an extra attempt. Default: 1.</summary>
    public double RetryDelaySecs { get; init; } = 1;

    /// <summary>Whether the delay doubles with each extra attempt, up to 60 s. Default: false.</summary>
    public bool ExponentialBackoff { get; init; }

    /// <summary>Notification on failure (reference §23).</summary>
    public NotificationSpec? Notify { get; init; }
}

/// <summary><c>retry</c> of a task (design §8.8).</summary>
public sealed record RetryDefinition
{
    /// <summary>Attempts in all, the first included. Default: 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Seconds before the second attempt. Default: 1.</summary>
    public double DelaySecs { get; init; } = 1;

    /// <summary>Factor by which the delay grows: 1 is constant, 2 doubles. Default: 2.</summary>
    public double Backoff { get; init; } = 2;

    /// <summary>Longest delay, in seconds. Default: 60.</summary>
    public double MaxDelaySecs { get; init; } = 60;

    /// <summary>Share of the delay that is random, 0 to 1. Default: 0.</summary>
    public double Jitter { get; init; }

    /// <summary>Exit codes and error kinds that are worth another attempt; empty means all.</summary>
    public IReadOnlyList<string> On { get; init; } = [];
}

/// <summary>What a limit does with work above it.</summary>
public enum LimitStrategy
{
    /// <summary>It waits.</summary>
    Queue,
    /// <summary>It is refused.</summary>
    Reject,
    /// <summary>The oldest is cancelled to make room.</summary>
    CancelOldest,
}

/// <summary><c>concurrency</c>: how many may run at once, by key.</summary>
/// <param name="Key">Key text, may hold references; empty means the workflow or task itself.</param>
/// <param name="Limit">How many at once. Default: 1.</param>
/// <param name="Strategy">What happens above the limit. Default: <see cref="LimitStrategy.Queue"/>.</param>
public sealed record ConcurrencyDefinition(string Key, int Limit = 1, LimitStrategy Strategy = LimitStrategy.Queue);

/// <summary><c>rate_limit</c>: how many may start per period, by key.</summary>
/// <param name="Key">Key text, may hold references; none means the task itself.</param>
/// <param name="Limit">How many per period.</param>
/// <param name="PeriodSecs">Length of the period, in seconds. Default: 60.</param>
public sealed record RateLimitDefinition(string? Key, int Limit, double PeriodSecs = 60);

/// <summary><c>cache</c>: reuse of an earlier output with the same key.</summary>
/// <param name="Key">Key text, may hold references.</param>
/// <param name="TtlSecs">How long an output is reused, in seconds; none means for ever.</param>
public sealed record CacheDefinition(string Key, double? TtlSecs = null);
