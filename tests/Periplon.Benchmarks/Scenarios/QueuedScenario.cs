using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks.Scenarios;

/// <summary>
/// Many executions that wait: a server without workers takes them, then one with workers starts on the same data. Measures the server's
/// memory before, meanwhile and after, and how soon the first of them run.
/// </summary>
internal static class QueuedScenario
{
    private const int Clients = 32;
    private const int Samples = 10;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Running = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using var databases = await DatabaseServer.OpenAsync(options.IsPostgres, options.Url, cancellationToken);
        await using var database = await databases.FreshAsync();
        var directory = Directory.CreateTempSubdirectory("periplon-bench-").FullName;
        try
        {
            var settings = new ServerSettings
            {
                Build = options.Builds[0], DatabaseUrl = database.ConnectionString, DataDirectory = directory,
            };
            await FillAsync(options.Count, settings, cancellationToken);
            await DrainAsync(options.Count, settings, cancellationToken);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task FillAsync(int count, ServerSettings settings, CancellationToken cancellationToken)
    {
        await using var server = await ServerProcess.StartAsync(settings with { Slots = 0 }, cancellationToken);
        using var http = Client(server.Address);
        Console.WriteLine($"queued      before: {Megabytes(server.ResidentBytes())} MB resident, no workers");
        var body = await StoreAsync(http);
        var most = 0L;
        var began = Stopwatch.GetTimestamp();
        for (var sample = 0; sample < Samples; sample++)
        {
            var todo = (count * (sample + 1) / Samples) - (count * sample / Samples);
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, todo, parallel, async (_, token) => await StartAsync(http, body, token));
            var resident = server.ResidentBytes();
            most = Math.Max(most, resident);
            Console.WriteLine($"queued      {count * (sample + 1L) / Samples,9} queued: {Megabytes(resident)} MB resident");
        }

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine($"queued      {count} started in {seconds:F0} s ({count / seconds:F0}/s), at most {Megabytes(most)} MB resident");
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        Console.WriteLine($"queued      {Settling.TotalSeconds:F0} s later: {Megabytes(server.ResidentBytes())} MB resident");
        Console.WriteLine($"queued      {await FiguresAsync(http)}");
    }

    private static async Task DrainAsync(int count, ServerSettings settings, CancellationToken cancellationToken)
    {
        await using var server = await ServerProcess.StartAsync(settings with { Slots = 16 }, cancellationToken);
        using var http = Client(server.Address);
        Console.WriteLine($"queued      restarted with workers: ready after {server.ColdStart.TotalMilliseconds:F0} ms");
        var began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await CompletedAsync(http) == 0 && await timer.WaitForNextTickAsync(cancellationToken))
        {
            // The counts are those of a few seconds ago at most, which is the error of this measurement.
        }

        Console.WriteLine($"queued      the first had run {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms after that");
        var (before, since) = (await CompletedAsync(http), Stopwatch.GetTimestamp());
        await Task.Delay(Running, TimeProvider.System, cancellationToken);
        var done = await CompletedAsync(http) - before;
        var rate = done / Stopwatch.GetElapsedTime(since).TotalSeconds;
        Console.WriteLine(
            $"queued      {rate:F0} executions/s out of {count} that wait, {Megabytes(server.ResidentBytes())} MB resident");
        Console.WriteLine($"queued      {await FiguresAsync(http)}");
    }

    private static HttpClient Client(Uri address) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };

    private static async Task<byte[]> StoreAsync(HttpClient http)
    {
        const string Workflow = "name: bench-queued\nversion: \"1\"\ntasks:\n  t:\n    llm: {provider: echo, model: echo, prompt: done}\n";
        using var content = new StringContent(Workflow, Encoding.UTF8, "application/yaml");
        using var answer = await http.PostAsync("/api/v1/workflows", content);
        answer.EnsureSuccessStatusCode();
        using var stored = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return Encoding.UTF8.GetBytes($$"""{"workflow_id":"{{stored.RootElement.GetProperty("id").GetString()}}"}""");
    }

    private static async Task StartAsync(HttpClient http, byte[] body, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync("/api/v1/executions", content, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string> FiguresAsync(HttpClient http)
    {
        using var stats = JsonDocument.Parse(await http.GetStringAsync("/api/v1/queue/stats"));
        var root = stats.RootElement;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"of them in memory {root.GetProperty("pending").GetInt64()}, only in the database {root.GetProperty("backlog").GetInt64()}");
    }

    private static async Task<long> CompletedAsync(HttpClient http)
    {
        using var stats = JsonDocument.Parse(await http.GetStringAsync("/stats"));
        return stats.RootElement.GetProperty("queue").GetProperty("completed").GetInt64();
    }

    private static string Megabytes(long bytes) => (bytes / 1024.0 / 1024.0).ToString("F0", CultureInfo.InvariantCulture);
}
