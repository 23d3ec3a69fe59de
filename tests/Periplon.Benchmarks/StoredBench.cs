using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using Periplon.Benchmarks.Load;
using Periplon.Benchmarks.Report;
using Periplon.Benchmarks.Scenarios;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks;

/// <summary>
/// Many ended executions in the database: how long lists and searches of them take, and whether executions run as fast as on an empty one,
/// also while others list.
/// </summary>
internal sealed class StoredBench(BenchOptions options, int count)
{
    private const int Chunk = 250_000;
    private const int LeastQueries = 200;
    private const int DeepPages = 50;

    /// <summary>The number of executions that the arguments name; null when they ask for something else.</summary>
    public static int? CountOf(ref string[] args)
    {
        if (args is not ["--stored", ..])
        {
            return null;
        }

        var hasCount = args.Length > 1 && int.TryParse(args[1], out _);
        var count = hasCount ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5_000_000;
        args = args[(hasCount ? 2 : 1)..];
        return count;
    }

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var databases = await DatabaseServer.OpenAsync(options.IsPostgres, options.Url, cancellationToken);
        await using var database = await databases.FreshAsync();
        await using var server = await ServerProcess.StartAsync(
            new ServerSettings { Build = options.Builds[0], DatabaseUrl = database.ConnectionString }, cancellationToken);
        await MeasureAsync(server, database, cancellationToken).WaitAsync(cancellationToken);
        return 0;
    }

    private async Task MeasureAsync(ServerProcess server, RunDatabase database, CancellationToken cancellationToken)
    {
        using var api = new ApiClient(server.Address);
        var scenario = Scenario.All.First(each => each.Name == "echo-1");
        var body = await api.StoreAsync(scenario.Name, scenario.Workflow());
        using var clients = await ClientGroup.OpenAsync([server.Address], body, options.Clients);
        await clients.LoopAsync(TimeSpan.FromSeconds(options.WarmUpSeconds));
        var empty = await clients.LoopAsync(TimeSpan.FromSeconds(options.Seconds));

        var seeding = Stopwatch.StartNew();
        await SeedAsync(server, database, cancellationToken);
        Console.WriteLine($"stored        {count} executions in {seeding.Elapsed.TotalSeconds:F0} s");

        using var http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(2) };
        var times = await ListAsync(http, TimeSpan.Zero, cancellationToken);
        var table = new TextTable("list", "requests", "p50_ms", "p95_ms", "p99_ms", "max_ms");
        foreach (var (name, latencies) in times)
        {
            table.Add(name, $"{latencies.Count}", Text(latencies.At(0.5)), Text(latencies.At(0.95)), Text(latencies.At(0.99)),
                Text(latencies.MaxMilliseconds));
        }

        Console.Write(table);
        var stored = await clients.LoopAsync(TimeSpan.FromSeconds(options.Seconds));
        var listing = ListAsync(http, TimeSpan.FromSeconds(options.Seconds), cancellationToken);
        var beside = await clients.LoopAsync(TimeSpan.FromSeconds(options.Seconds));
        var meanwhile = new LatencyHistogram();
        foreach (var (_, latencies) in await listing)
        {
            meanwhile.Add(latencies);
        }

        var load = new TextTable("echo-1", "executions_per_second", "p50_ms", "p99_ms");
        Add(load, "on an empty database", empty);
        Add(load, $"with {count} stored", stored);
        Add(load, $"and one client that lists ({meanwhile.Count} pages, p95 {Text(meanwhile.At(0.95))} ms)", beside);
        Console.Write(load);
    }

    private static void Add(TextTable table, string name, LoadResult result) => table.Add(
        name, Text(result.PerSecond), Text(result.Latencies.At(0.5)), Text(result.Latencies.At(0.99)));

    private static string Text(double value) => TextTable.Number(value);

    // All kinds of lists in turns, for a time, and at least so often each.
    private static async Task<List<(string Name, LatencyHistogram Latencies)>> ListAsync(
        HttpClient http, TimeSpan least, CancellationToken cancellationToken)
    {
        var deep = "";
        for (var page = 0; page < DeepPages; page++)
        {
            deep = await NextAsync(http, $"/api/v1/executions?limit=500{deep}", cancellationToken);
        }

        (string Name, Func<int, string> Query)[] lists =
        [
            ("newest", _ => ""),
            ("of a status", _ => "status=failed"),
            ("of two statuses", _ => "status=failed,cancelled"),
            ("of a workflow", i => $"workflow_id=00000000-0000-0000-0000-{i % 20:x12}"),
            ("of a workflow and status", i => $"workflow_id=00000000-0000-0000-0000-{i % 20:x12}&status=failed"),
            ("with a label", i => $"label=team:team-{i % 500}"),
            ("of a starter", i => $"triggered_by=user-{i % 100}"),
            ("of a day", i => Day(i % 50)),
            ("25,000 further down", _ => deep[1..]),
        ];
        var times = lists.Select(list => (list.Name, Latencies: new LatencyHistogram())).ToList();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < (least > TimeSpan.Zero ? 1 : LeastQueries) || Stopwatch.GetElapsedTime(began) < least; i++)
        {
            foreach (var (list, time) in lists.Zip(times))
            {
                var start = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync($"/api/v1/executions?{list.Query(i)}", cancellationToken);
                answer.EnsureSuccessStatusCode();
                await answer.Content.ReadAsByteArrayAsync(cancellationToken);
                time.Latencies.Record(Stopwatch.GetElapsedTime(start));
            }
        }

        return times;
    }

    private static string Day(int days)
    {
        var end = TimeProvider.System.GetUtcNow().Date.AddDays(-days);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"created_after={end.AddDays(-1):yyyy-MM-dd'T'HH:mm:ss'Z'}&created_before={end:yyyy-MM-dd'T'HH:mm:ss'Z'}");
    }

    private static async Task<string> NextAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        using var page = JsonDocument.Parse(await http.GetByteArrayAsync(path, cancellationToken));
        return $"&cursor={page.RootElement.GetProperty("next_cursor").GetString()}";
    }

    private async Task SeedAsync(ServerProcess server, RunDatabase database, CancellationToken cancellationToken)
    {
        await using DbConnection connection = database.ConnectionString is { } url
            ? new NpgsqlConnection(new NpgsqlConnectionStringBuilder(url) { CommandTimeout = 0 }.ConnectionString)
            : new SqliteConnection($"Data Source={SqliteFile.PathIn(server.DataDirectory)};Default Timeout=60");
        await connection.OpenAsync(cancellationToken);
        var newest = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var seed = (options.IsPostgres ? StoredSeed.Postgres : StoredSeed.Sqlite)
            .Replace("{newest}", $"{newest}", StringComparison.Ordinal).Replace("{all}", $"{count}", StringComparison.Ordinal);
        for (var from = 1; from <= count; from += Chunk)
        {
            await ExecuteAsync(
                connection,
                seed.Replace("{from}", $"{from}", StringComparison.Ordinal)
                    .Replace("{to}", $"{Math.Min(count, from + Chunk - 1)}", StringComparison.Ordinal),
                cancellationToken);
        }

        // What a server that has run for weeks has done by itself.
        await ExecuteAsync(connection, options.IsPostgres ? "vacuum (analyze) executions" : "analyze", cancellationToken);
    }

    private static async Task ExecuteAsync(DbConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
