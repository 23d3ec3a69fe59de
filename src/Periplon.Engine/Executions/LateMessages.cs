using Microsoft.Extensions.Hosting;

namespace Periplon.Engine.Executions;

/// <summary>
/// Messages that could not be told in their turn, because the database was away or a silo had died: they are tried on beside the others, so
/// that they hold nobody up, for as long as nobody else would look at those who wait for them.
/// </summary>
internal sealed class LateMessages(TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MostAtOnce = 100_000;

    // Twice as long each time: after the last, the next look of whoever waits is about to come.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);

    private int _count;

    /// <summary>Tries a message again, later each time. Throws nothing.</summary>
    /// <returns>Whether it was told in the end.</returns>
    public async Task<bool> TryAsync(Func<Task> send)
    {
        if (Interlocked.Increment(ref _count) > MostAtOnce)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        var stopping = lifetime.ApplicationStopping;
        var began = time.GetTimestamp();
        try
        {
            for (var delay = FirstDelay; time.GetElapsedTime(began) < ExecutionRows.PatientInterval; delay *= 2)
            {
                await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stopping.IsCancellationRequested)
                {
                    return false;
                }

                if (await IsToldAsync(send))
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private static async Task<bool> IsToldAsync(Func<Task> send)
    {
        try
        {
            await send();
            return true;
        }
        catch (Exception)
        {
            // Whoever gave it to this has told of the first failures.
            return false;
        }
    }
}
