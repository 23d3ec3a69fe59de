using System.Diagnostics;
using System.Text;

namespace Periplon.Benchmarks.Load;

/// <summary>One client of a closed loop: starts an execution, waits for its end, starts the next.</summary>
internal sealed class LoadClient(HttpConnection connection, byte[] request) : IDisposable
{
    public LatencyHistogram Latencies { get; private set; } = new();

    public void Clear() => Latencies = new LatencyHistogram();

    public async Task RunAsync(long end)
    {
        for (var began = Stopwatch.GetTimestamp(); began < end;)
        {
            await RunOneAsync();
            var now = Stopwatch.GetTimestamp();
            Latencies.Record(Stopwatch.GetElapsedTime(began, now));
            began = now;
        }
    }

    /// <summary>Runs one execution to its end.</summary>
    /// <exception cref="InvalidOperationException">It did not complete.</exception>
    public async ValueTask RunOneAsync()
    {
        await connection.ExchangeAsync(request);
        if (connection.Response.Body.IndexOf("\"status\":\"completed\""u8) < 0)
        {
            throw new InvalidOperationException(
                $"An execution did not complete: {connection.Response.Status} {Encoding.UTF8.GetString(connection.Response.Body)}");
        }
    }

    public void Dispose() => connection.Dispose();
}
