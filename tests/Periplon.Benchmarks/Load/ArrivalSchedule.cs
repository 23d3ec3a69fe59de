using System.Diagnostics;

namespace Periplon.Benchmarks.Load;

/// <summary>When executions of an open loop are due; whichever client is free serves the next.</summary>
internal sealed class ArrivalSchedule(long began, double rate, long count)
{
    private long _taken;

    public async Task ServeAsync(LoadClient client)
    {
        for (var number = Interlocked.Increment(ref _taken) - 1; number < count; number = Interlocked.Increment(ref _taken) - 1)
        {
            var due = DueAt(number);
            var now = Stopwatch.GetTimestamp();
            if (due > now)
            {
                // Its own lateness, a millisecond or two, counts as well: on a busy machine it is the server's doing.
                await Task.Delay(Stopwatch.GetElapsedTime(now, due), TimeProvider.System);
            }

            await client.RunOneAsync();
            client.Latencies.Record(Stopwatch.GetElapsedTime(due));
        }
    }

    /// <summary>Time stamp at which an execution is due.</summary>
    public long DueAt(long number) => began + (long)(number / rate * Stopwatch.Frequency);
}
