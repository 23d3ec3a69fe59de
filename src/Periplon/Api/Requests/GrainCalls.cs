using Microsoft.Extensions.Options;
using Periplon.Engine.Membership;

namespace Periplon.Api.Requests;

/// <summary>
/// Repeats grain calls that ended without an answer. Orleans never does: a time-out or a lost silo leaves the outcome unknown. Only calls
/// that carry their own key or may be repeated go through here. All tries together end with <see cref="ApiOptions.AnswerTimeout"/>.
/// </summary>
internal sealed class GrainCalls(TimeProvider time, IOptions<ApiOptions> options)
{
    private static readonly TimeSpan[] _pauses =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1.5)];

    /// <summary>Makes a call until it is answered, a few times at most; the answer and how many calls it took.</summary>
    public Task<(T Answer, int Calls)> RetryAsync<T>(Func<Task<T>> call, string? id, CancellationToken cancellationToken) =>
        RetryAsync(call, TimeSpan.Zero, id, cancellationToken);

    /// <summary>The same for a call that waits for something, which does not count against the deadline.</summary>
    public async Task<(T Answer, int Calls)> RetryAsync<T>(
        Func<Task<T>> call, TimeSpan wait, string? id, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var limit = options.Value.AnswerTimeout + wait;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await call().WaitAsync(Left(since, limit), time, cancellationToken), attempt + 1);
            }
            catch (Exception exception) when (Unanswered.Is(exception))
            {
                if (attempt == _pauses.Length || Left(since, limit) <= _pauses[attempt])
                {
                    throw new ApiProblemException(ApiProblem.Unavailable(
                        "The cluster did not answer in time, so the outcome is unknown; repeat the request (with the same "
                        + $"{RouteIds.IdempotencyKeyHeader} when it creates something)", id));
                }

                await Task.Delay(_pauses[attempt], time, cancellationToken);
            }
        }
    }

    private TimeSpan Left(long since, TimeSpan limit)
    {
        var left = limit - time.GetElapsedTime(since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
