using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Periplon.Benchmarks;

/// <summary>A closed loop of clients over HTTP: each starts an execution, waits for its end and starts the next.</summary>
internal sealed partial class LoadGenerator : IDisposable
{
    private const double WarmUpSeconds = 12;

    private readonly HttpClient _http;

    public LoadGenerator(Uri address) =>
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1024 })
        {
            BaseAddress = address, Timeout = TimeSpan.FromMinutes(6),
        };

    public async Task RunAsync(Scenario scenario, BenchOptions options, ServerProcess server)
    {
        var body = await StoreAsync(scenario.Name, scenario.Workflow());
        var clients = scenario.OneClient ? 1 : options.Clients;
        await LoopAsync(body, clients, WarmUpSeconds);
        var before = await JournalAsync();
        var busy = server.ProcessorTime();
        var began = Stopwatch.GetTimestamp();
        var latencies = await LoopAsync(body, clients, options.Seconds);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var after = await JournalAsync();
        busy = server.ProcessorTime() - busy;
        latencies.Sort();
        Console.WriteLine(
            $"{scenario.Name,-11} {clients,3} clients  {latencies.Count / seconds,8:F0} executions/s  {latencies.Count * scenario.Tasks / seconds,8:F0} tasks/s  " +
            $"p50 {At(latencies, 0.50):F2} ms  p99 {At(latencies, 0.99):F2} ms  max {latencies[^1]:F1} ms  " +
            $"{(after.Rows - before.Rows) / latencies.Count:F2} appends and {(after.Commits - before.Commits) / latencies.Count:F2} commits per execution  " +
            $"{busy.TotalMilliseconds / latencies.Count:F2} ms of the server's processor time per execution");
    }

    public void Dispose() => _http.Dispose();

    private static double At(List<double> sorted, double share) => sorted[(int)(share * (sorted.Count - 1))];

    private async Task<byte[]> StoreAsync(string name, string workflow)
    {
        using var content = new StringContent(workflow, Encoding.UTF8, "application/yaml");
        using var answer = await _http.PostAsync("/api/v1/workflows", content);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The workflow of {name} was refused: {text}");
        }

        using var stored = JsonDocument.Parse(text);
        return Encoding.UTF8.GetBytes($$"""{"workflow_id":"{{stored.RootElement.GetProperty("id").GetString()}}"}""");
    }

    private async Task<List<double>> LoopAsync(byte[] body, int clients, double seconds)
    {
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => ClientAsync(body, end))));
        return [.. all.SelectMany(latencies => latencies)];
    }

    private async Task<List<double>> ClientAsync(byte[] body, long end)
    {
        var latencies = new List<double>();
        while (Stopwatch.GetTimestamp() < end)
        {
            var began = Stopwatch.GetTimestamp();
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await _http.PostAsync("/api/v1/executions?wait=30", content);
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            if (bytes.AsSpan().IndexOf("\"status\":\"completed\""u8) < 0)
            {
                throw new InvalidOperationException($"An execution did not complete: {(int)answer.StatusCode} {Encoding.UTF8.GetString(bytes)}");
            }

            latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return latencies;
    }

    private async Task<(double Rows, double Commits)> JournalAsync()
    {
        var metrics = await _http.GetStringAsync("/metrics");
        return (Value(metrics, "periplon_journal_rows_total"), Value(metrics, "periplon_journal_commits_total"));
    }

    private static double Value(string metrics, string name)
    {
        var line = metrics.Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"/metrics has no {name}");
        return double.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }
}
