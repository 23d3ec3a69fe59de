using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks;

/// <summary>Many schedules that fire once each, spread over a minute: how late their executions come into being.</summary>
internal sealed class ScheduleBench(Uri address, int count) : IDisposable
{
    private const int Clients = 32;
    private const int PageSize = 500;

    // The slowest machine that was tried stores more than this many a second.
    private const int StoredPerSecond = 200;

    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    private readonly ConcurrentDictionary<string, DateTimeOffset> _dueAt = new();

    /// <summary>The number of schedules that the arguments name; null when they ask for something else.</summary>
    public static int? CountOf(ref string[] args)
    {
        if (args is not ["--schedules", ..])
        {
            return null;
        }

        var hasCount = args.Length > 1 && int.TryParse(args[1], out _);
        var count = hasCount ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;
        args = args[(hasCount ? 2 : 1)..];
        return count;
    }

    public static async Task<int> RunAsync(int count, BenchOptions options, CancellationToken cancellationToken)
    {
        await using var databases = await DatabaseServer.OpenAsync(options.IsPostgres, options.Url, cancellationToken);
        await using var database = await databases.FreshAsync();
        var settings = new ServerSettings { Build = options.Builds[0], DatabaseUrl = database.ConnectionString };
        await using var server = await ServerProcess.StartAsync(settings, cancellationToken);
        using var bench = new ScheduleBench(server.Address, count);
        await bench.RunAsync(server).WaitAsync(cancellationToken);
        return 0;
    }

    private async Task RunAsync(ServerProcess server)
    {
        var workflow = await StoreWorkflowAsync();
        var began = Stopwatch.GetTimestamp();
        var first = TimeProvider.System.GetUtcNow().AddSeconds(15 + (count / StoredPerSecond));
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, token) =>
            await StoreScheduleAsync(workflow, first.AddSeconds(i % 60), token));
        var storing = Stopwatch.GetElapsedTime(began);
        if (TimeProvider.System.GetUtcNow() >= first)
        {
            throw new InvalidOperationException(
                $"Storing {count} schedules took {storing.TotalSeconds:F0} s, longer than was left until the first fires");
        }

        var resident = server.ResidentBytes();
        var busy = server.ProcessorTime();
        await WaitForExecutionsAsync(first.AddSeconds(60));
        busy = server.ProcessorTime() - busy;
        var lateness = await ReadLatenessAsync();
        Console.WriteLine(
            $"schedules     {count} stored in {storing.TotalSeconds:F0} s; {lateness.Count} fired within a minute, " +
            $"late by p50 {At(lateness, 0.50):F1} ms  p99 {At(lateness, 0.99):F1} ms  max {lateness[^1]:F1} ms  " +
            $"{busy.TotalMilliseconds / count:F2} ms of processor time each  " +
            $"{resident / 1024.0 / 1024.0:F0} MB resident before");
    }

    public void Dispose() => _http.Dispose();

    private static double At(List<double> sorted, double share) => sorted[(int)(share * (sorted.Count - 1))];

    private async Task<string> StoreWorkflowAsync()
    {
        const string Workflow =
            "name: bench-schedules\nversion: \"1\"\n" +
            "tasks:\n  t:\n    llm: {provider: echo, model: echo, prompt: done}\n";
        using var content = new StringContent(Workflow, Encoding.UTF8, "application/yaml");
        using var answer = await _http.PostAsync("/api/v1/workflows", content);
        answer.EnsureSuccessStatusCode();
        using var stored = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return stored.RootElement.GetProperty("id").GetString()!;
    }

    // Ticks have whole seconds; the jitter spreads those of one second over it.
    private async Task StoreScheduleAsync(string workflow, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"workflow_id":"{{workflow}}","interval_secs":86400,"jitter_secs":1,"start_at":"{{at:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""");
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await _http.PostAsync("/api/v1/schedules", content, cancellationToken);
        answer.EnsureSuccessStatusCode();
        using var stored = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        _dueAt[stored.RootElement.GetProperty("id").GetString()!] = stored.RootElement.GetProperty("next_run_at").GetDateTimeOffset();
    }

    private async Task WaitForExecutionsAsync(DateTimeOffset lastFiresAt)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        while (await timer.WaitForNextTickAsync())
        {
            using var stats = JsonDocument.Parse(await _http.GetByteArrayAsync("/stats"));
            var total = stats.RootElement.GetProperty("executions").GetProperty("total").GetInt64();
            if (total >= count)
            {
                return;
            }

            if (TimeProvider.System.GetUtcNow() > lastFiresAt.AddMinutes(5))
            {
                throw new InvalidOperationException($"Of {count} schedules {total} have fired five minutes after the last was due");
            }
        }
    }

    private async Task<List<double>> ReadLatenessAsync()
    {
        var lateness = new List<double>(count);
        for (string? cursor = ""; cursor is not null;)
        {
            using var page = JsonDocument.Parse(
                await _http.GetByteArrayAsync($"/api/v1/executions?limit={PageSize}{(cursor == "" ? "" : $"&cursor={cursor}")}"));
            foreach (var execution in page.RootElement.GetProperty("executions").EnumerateArray())
            {
                var schedule = execution.GetProperty("labels").GetProperty("schedule_id").GetString()!;
                lateness.Add((execution.GetProperty("created_at").GetDateTimeOffset() - _dueAt[schedule]).TotalMilliseconds);
            }

            cursor = page.RootElement.GetProperty("next_cursor").GetString();
        }

        if (lateness.Count != count)
        {
            throw new InvalidOperationException($"{count} schedules started {lateness.Count} executions");
        }

        lateness.Sort();
        return lateness;
    }
}
