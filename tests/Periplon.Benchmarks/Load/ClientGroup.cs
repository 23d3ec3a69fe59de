using System.Diagnostics;

namespace Periplon.Benchmarks.Load;

/// <summary>Clients that start executions of one workflow, each with a connection of its own, spread over the servers.</summary>
internal sealed class ClientGroup : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<LoadClient> _clients = [];

    private ClientGroup()
    {
    }

    /// <summary>Executions that have ended since the clients were cleared.</summary>
    public long Completed => _clients.Sum(client => client.Latencies.Count);

    /// <summary>Opens the connections.</summary>
    /// <param name="servers">Addresses of the servers, taken in turns.</param>
    /// <param name="body">The body of the request that starts an execution.</param>
    /// <param name="count">How many clients.</param>
    public static async Task<ClientGroup> OpenAsync(IReadOnlyList<Uri> servers, byte[] body, int count)
    {
        var group = new ClientGroup();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var address = servers[i % servers.Count];
                var connection = await HttpConnection.OpenAsync(address, CancellationToken.None);
                group._clients.Add(new LoadClient(connection, HttpConnection.Post(address, "/api/v1/executions?wait=30", body)));
            }

            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>A closed loop: each client starts its next execution when the last has ended.</summary>
    public Task<LoadResult> LoopAsync(TimeSpan length)
    {
        var began = Stopwatch.GetTimestamp();
        var end = began + (long)(length.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(began, length, client => client.RunAsync(end));
    }

    /// <summary>An open loop: executions begin at a steady rate, whether those before have ended or not.</summary>
    /// <remarks>
    /// One that finds no free client waits for one, and that wait counts: its time begins when it was due, so that a server that falls
    /// behind cannot hide it.
    /// </remarks>
    /// <param name="rate">Executions per second.</param>
    /// <param name="length">For how long executions begin.</param>
    public Task<LoadResult> ArriveAsync(double rate, TimeSpan length)
    {
        var began = Stopwatch.GetTimestamp();
        var schedule = new ArrivalSchedule(began, rate, (long)(rate * length.TotalSeconds));
        return RunAsync(began, length, client => schedule.ServeAsync(client));
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    private async Task<LoadResult> RunAsync(long began, TimeSpan length, Func<LoadClient, Task> run)
    {
        _clients.ForEach(client => client.Clear());
        try
        {
            await Task.WhenAll(_clients.Select(client => Task.Run(() => run(client)))).WaitAsync(length + Patience);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException(
                $"Executions did not end within {Patience.TotalSeconds:F0} s after the load; {Completed} had ended");
        }

        var elapsed = Stopwatch.GetElapsedTime(began);

        // The last client may have ended on the thread that serves the sockets, which must not be kept.
        await Task.Yield();
        var latencies = new LatencyHistogram();
        _clients.ForEach(client => latencies.Add(client.Latencies));
        return new LoadResult(latencies, elapsed);
    }
}

/// <summary>What a load gave.</summary>
/// <param name="Latencies">Time of each execution, from its start to the answer of its end.</param>
/// <param name="Elapsed">From the first start to the last end.</param>
internal sealed record LoadResult(LatencyHistogram Latencies, TimeSpan Elapsed)
{
    public double PerSecond => Latencies.Count / Elapsed.TotalSeconds;
}
