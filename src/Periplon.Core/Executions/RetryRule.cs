using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>When a failed attempt is followed by another, and after which delay.</summary>
/// <param name="MaxAttempts">Attempts in all.</param>
/// <param name="DelaySecs">Seconds before the second attempt.</param>
/// <param name="Backoff">Factor by which the delay grows.</param>
/// <param name="MaxDelaySecs">Longest delay, in seconds.</param>
/// <param name="Jitter">Share of the delay that is random, 0 to 1.</param>
/// <param name="On">Exit codes and failure kinds worth another attempt; empty means all.</param>
public sealed record RetryRule(
    int MaxAttempts, double DelaySecs, double Backoff, double MaxDelaySecs, double Jitter, IReadOnlyList<string> On)
{
    // Cap of reference §8; it holds for exponential delays only.
    private const double OnErrorMaxDelaySecs = 60;

    // Ten years: what nobody means, and what times can still be reckoned with.
    private const double LongestDelaySecs = 10 * 365.25 * 24 * 3600;

    /// <summary>One attempt and no more.</summary>
    public static RetryRule None { get; } = new(1, 0, 1, 0, 0, []);

    /// <summary>The rule of a task: its <c>retry</c>, else its <c>on_error</c>, else the workflow's defaults in the same order.</summary>
    /// <param name="task">The task.</param>
    /// <param name="defaults">The workflow's defaults.</param>
    public static RetryRule Of(TaskDefinition task, TaskDefaults? defaults) =>
        task.Retry is { } retry ? Of(retry)
        : task.OnError is { } onError ? Of(onError)
        : defaults?.Retry is { } defaultRetry ? Of(defaultRetry)
        : defaults?.OnError is { } defaultOnError ? Of(defaultOnError)
        : None;

    /// <summary>Whether another attempt follows a failure.</summary>
    /// <param name="attempt">The attempt that failed, counted from 1.</param>
    /// <param name="failure">How it failed.</param>
    public bool Allows(int attempt, TaskFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return attempt < MaxAttempts
            && (On.Count == 0 || On.Contains(failure.Kind) || (failure.ExitCode is { } code && On.Contains(code.ToString())));
    }

    /// <summary>Delay before an attempt: <c>min(max, delay × backoff^(attempt − 2))</c>, of which the jitter share is drawn.</summary>
    /// <param name="attempt">The coming attempt, from 2.</param>
    /// <param name="random">A number from 0 to below 1.</param>
    public TimeSpan DelayBefore(int attempt, double random)
    {
        if (DelaySecs <= 0)
        {
            // Zero times a factor that has grown to infinity is no number.
            return TimeSpan.Zero;
        }

        var full = Math.Min(MaxDelaySecs, DelaySecs * Math.Pow(Backoff, attempt - 2));
        return TimeSpan.FromSeconds(Math.Min(full, LongestDelaySecs) * (1 - (Jitter * random)));
    }

    private static RetryRule Of(RetryDefinition retry) =>
        new(retry.MaxAttempts, retry.DelaySecs, retry.Backoff, retry.MaxDelaySecs, retry.Jitter, retry.On);

    // With a fallback agent the retries of on_error do not count (reference §8): the fallback comes right after the first failure.
    private static RetryRule Of(ErrorHandlingDefinition onError) => onError.FallbackAgent is not null ? None
        : onError.ExponentialBackoff
        ? new(onError.Retry + 1, onError.RetryDelaySecs, 2, OnErrorMaxDelaySecs, 0, [])
        : new(onError.Retry + 1, onError.RetryDelaySecs, 1, double.MaxValue / 2, 0, []);
}
