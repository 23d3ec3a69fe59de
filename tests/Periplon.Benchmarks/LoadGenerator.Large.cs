using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Periplon.Benchmarks;

internal sealed partial class LoadGenerator
{
    private const int MaxWaits = 10;

    /// <summary>Runs one large execution to its end and prints what it cost.</summary>
    public async Task RunOnceAsync(LargeScenario scenario, BenchOptions options, ServerProcess server)
    {
        var body = await StoreAsync(scenario.Name, scenario.Workflow());
        var before = await JournalAsync();
        var resident = server.ResidentBytes();
        var busy = server.ProcessorTime();
        var began = Stopwatch.GetTimestamp();
        var id = await RunToItsEndAsync(body);
        var time = Stopwatch.GetElapsedTime(began);
        busy = server.ProcessorTime() - busy;
        var after = await JournalAsync();
        var bytes = await JournalSize.OfAsync(options, server.DataDirectory, id);
        Console.WriteLine(
            $"{scenario.Name,-13} {time.TotalSeconds,7:F2} s  {time.TotalMilliseconds / scenario.Tasks,6:F3} ms, {busy.TotalMilliseconds / scenario.Tasks:F3} ms of processor time and " +
            $"{bytes / (double)scenario.Tasks,5:F0} journal bytes per task  {after.Rows - before.Rows:F0} appends in {after.Commits - before.Commits:F0} commits  " +
            $"{(server.ResidentBytes() - resident) / 1024.0 / 1024.0:+0;-0;0} MB resident");
    }

    private async Task<Guid> RunToItsEndAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var started = await _http.PostAsync("/api/v1/executions?wait=300", content);
        var answer = JsonDocument.Parse(await started.Content.ReadAsByteArrayAsync()).RootElement;
        var id = answer.GetProperty("id").GetGuid();
        for (var waits = 0; waits < MaxWaits; waits++)
        {
            switch (answer.GetProperty("status").GetString())
            {
                case "completed":
                    return id;
                case "failed" or "cancelled" or "timed_out":
                    throw new InvalidOperationException($"The execution did not complete: {answer}");
            }

            answer = JsonDocument.Parse(await _http.GetByteArrayAsync($"/api/v1/executions/{id}?wait=300")).RootElement;
        }

        throw new InvalidOperationException($"The execution does not end: {answer}");
    }
}
