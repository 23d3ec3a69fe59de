using System.Diagnostics;
using Periplon.Benchmarks.Load;
using Periplon.Benchmarks.Scenarios;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks.Measure;

/// <summary>Measures a scenario once, on fresh servers and a fresh database.</summary>
internal sealed class Measurement(BenchOptions options, DatabaseServer databases, CancellationToken cancellationToken)
{
    private const int LeastExecutions = 5;
    private const int ArrivalClients = 256;

    private static readonly double[] Rates = [25, 50, 100, 200, 400, 800, 1_600];

    public async Task<IReadOnlyList<Figure>> RunAsync(Scenario scenario, string build)
    {
        await using var database = await databases.FreshAsync();
        await using var servers = await ServerGroup.StartAsync(build, database, options.Silos, cancellationToken);
        var figures = new List<Figure>
        {
            new("cold_start_ms", servers.Servers[0].ColdStart.TotalMilliseconds),
            new("idle_resident_mb", Megabytes(servers.ResidentBytes())),
        };
        var body = await servers.Apis[0].StoreAsync(scenario.Name, scenario.Workflow());
        var measured = scenario.Load is LoadKind.OneByOne
            ? LargeAsync(scenario, servers, database, body)
            : LoopAsync(scenario, servers, database, body);

        // An interrupt leaves the load behind; it ends with the servers.
        figures.AddRange(await measured.WaitAsync(cancellationToken));
        return figures;
    }

    private async Task<List<Figure>> LoopAsync(Scenario scenario, ServerGroup servers, RunDatabase database, byte[] body)
    {
        var count = scenario.Load is LoadKind.OneClient ? 1 : options.Clients;
        using var clients = await ClientGroup.OpenAsync(servers.Addresses, body, count);
        await clients.LoopAsync(TimeSpan.FromSeconds(options.WarmUpSeconds));
        await QuietAsync();
        var resident = servers.ResidentBytes();
        var before = await UsageReading.TakeAsync(servers, database);
        var result = scenario.Load is LoadKind.Long
            ? await new LongRun(servers, clients).RunAsync(options.Minutes)
            : await clients.LoopAsync(TimeSpan.FromSeconds(options.Seconds));
        var after = await UsageReading.TakeAsync(servers, database);
        var done = result.Latencies.Count;
        await QuietAsync();
        List<Figure> figures =
        [
            new("executions_per_second", result.PerSecond),
            new("tasks_per_second", result.PerSecond * scenario.Tasks),
            new("p50_ms", result.Latencies.At(0.50)),
            new("p95_ms", result.Latencies.At(0.95)),
            new("p99_ms", result.Latencies.At(0.99)),
            new("max_ms", result.Latencies.MaxMilliseconds),
            .. after.PerOne(before, done, "execution"),
            .. Memory(servers, resident, done),
        ];
        if (scenario.Load is LoadKind.RisingRates)
        {
            figures.AddRange(await KneeAsync(servers, body));
        }

        return figures;
    }

    private async Task<List<Figure>> KneeAsync(ServerGroup servers, byte[] body)
    {
        using var clients = await ClientGroup.OpenAsync(servers.Addresses, body, ArrivalClients);
        var figures = new List<Figure>();
        var knee = 0.0;
        foreach (var rate in Rates)
        {
            var result = await clients.ArriveAsync(rate, TimeSpan.FromSeconds(options.Seconds));
            var p95 = result.Latencies.At(0.95);
            figures.Add(new Figure($"p95_ms_at_{rate:F0}_per_second", p95));
            if (p95 > 1_000)
            {
                break;
            }

            knee = rate;
        }

        return [new Figure("knee_per_second", knee), .. figures];
    }

    private async Task<List<Figure>> LargeAsync(Scenario scenario, ServerGroup servers, RunDatabase database, byte[] body)
    {
        var api = servers.Apis[0];
        await OneByOneAsync(api, body, options.WarmUpSeconds, least: 1);
        await QuietAsync();
        var resident = servers.ResidentBytes();
        var before = await UsageReading.TakeAsync(servers, database);
        var (times, last) = await OneByOneAsync(api, body, options.Seconds, LeastExecutions);
        var after = await UsageReading.TakeAsync(servers, database);
        await QuietAsync();
        var median = FigureSummary.MedianOf(times);
        List<Figure> figures =
        [
            new("time_ms", median),
            new("shortest_ms", times.Min()),
            new("longest_ms", times.Max()),
            new("time_ms_per_task", median / scenario.Tasks),
            .. after.PerOne(before, (long)times.Count * scenario.Tasks, "task"),
            .. Memory(servers, resident, times.Count),
        ];
        figures.Add(new Figure("journal_bytes_per_task", await JournalBytesAsync(servers, database, last) / scenario.Tasks));
        return figures;
    }

    private static async Task<(List<double> Times, Guid Last)> OneByOneAsync(ApiClient api, byte[] body, int seconds, int least)
    {
        var times = new List<double>();
        var last = Guid.Empty;
        for (var began = Stopwatch.GetTimestamp(); times.Count < least || Stopwatch.GetElapsedTime(began).TotalSeconds < seconds;)
        {
            var start = Stopwatch.GetTimestamp();
            last = await api.RunToItsEndAsync(body);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (times, last);
    }

    private static async Task<double> JournalBytesAsync(ServerGroup servers, RunDatabase database, Guid execution) =>
        await database.JournalBytesAsync(execution) ?? await SqliteFile.JournalBytesAsync(servers.Servers[0].DataDirectory, execution);

    private static IEnumerable<Figure> Memory(ServerGroup servers, long before, long executions)
    {
        var after = servers.ResidentBytes();
        return
        [
            new("resident_before_mb", Megabytes(before)),
            new("resident_after_mb", Megabytes(after)),
            new("resident_bytes_per_execution", (after - before) / (double)executions),
        ];
    }

    private Task QuietAsync() => Task.Delay(TimeSpan.FromSeconds(options.QuietSeconds), TimeProvider.System, cancellationToken);

    private static double Megabytes(long bytes) => bytes / 1024.0 / 1024.0;
}
