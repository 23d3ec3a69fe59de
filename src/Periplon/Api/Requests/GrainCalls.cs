using Orleans.Runtime;

namespace Periplon.Api.Requests;

/// <summary>
/// Repeats grain calls that ended without an answer. Orleans never does: a time-out or a lost silo leaves the outcome unknown. Only calls
/// that carry their own key or may be repeated go through here.
/// </summary>
internal sealed class GrainCalls(TimeProvider time)
{
    private static readonly TimeSpan[] _pauses =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1.5)];

    /// <summary>Makes a call until it is answered, a few times at most; the answer and how many calls it took.</summary>
    public async Task<(T Answer, int Calls)> RetryAsync<T>(Func<Task<T>> call, string? id, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await call(), attempt + 1);
            }
            catch (Exception exception) when (IsUnanswered(exception))
            {
                if (attempt == _pauses.Length)
                {
                    throw new ApiProblemException(ApiProblem.Unavailable(
                        "The cluster did not answer in time, so the outcome is unknown; repeat the request (with the same "
                        + $"{RouteIds.IdempotencyKeyHeader} when it creates something)", id));
                }

                await Task.Delay(_pauses[attempt], time, cancellationToken);
            }
        }
    }

    private static bool IsUnanswered(Exception exception) =>
        exception is TimeoutException or SiloUnavailableException or OrleansMessageRejectionException;
}
