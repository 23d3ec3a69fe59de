namespace Periplon.Engine.Triggers;

/// <summary>
/// Makes grain calls that may be repeated until they are answered, for a while. Orleans never repeats one: a time-out or a lost silo leaves
/// the outcome unknown.
/// </summary>
internal sealed class RepeatedCalls(TimeProvider time)
{
    /// <summary>All tries together end with this: a sender waits about as long.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan[] _pauses =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(3)];

    public async Task<T> AskAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await call().WaitAsync(Left(since), time, cancellationToken);
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException
                && tries < _pauses.Length && Left(since) > _pauses[tries])
            {
                // The silo that had the grain may have died; the next try finds another.
                await Task.Delay(_pauses[tries], time, cancellationToken);
            }
        }
    }

    private TimeSpan Left(long since)
    {
        var left = Limit - time.GetElapsedTime(since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
