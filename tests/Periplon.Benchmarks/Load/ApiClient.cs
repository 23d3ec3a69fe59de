using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Periplon.Benchmarks.Load;

/// <summary>Calls before and after a measurement.</summary>
internal sealed class ApiClient(Uri address) : IDisposable
{
    private const int MaxWaits = 10;

    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(6) };

    /// <summary>Stores a workflow and returns the body of the request that starts it.</summary>
    public async Task<byte[]> StoreAsync(string name, string workflow)
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

    /// <summary>Runs one execution to its end, however long it takes, and returns its id.</summary>
    /// <exception cref="InvalidOperationException">It did not complete.</exception>
    public async Task<Guid> RunToItsEndAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var started = await _http.PostAsync("/api/v1/executions?wait=300", content);
        var answer = await started.Content.ReadAsByteArrayAsync();
        for (var waits = 0; waits < MaxWaits; waits++)
        {
            var (id, status) = Read(answer);
            switch (status)
            {
                case "completed":
                    return id;
                case "failed" or "cancelled" or "timed_out":
                    throw new InvalidOperationException($"The execution did not complete: {Encoding.UTF8.GetString(answer)}");
            }

            answer = await _http.GetByteArrayAsync($"/api/v1/executions/{id}?wait=300");
        }

        throw new InvalidOperationException($"The execution does not end: {Encoding.UTF8.GetString(answer)}");
    }

    public Task<string> MetricsAsync() => _http.GetStringAsync("/metrics");

    public void Dispose() => _http.Dispose();

    private static (Guid Id, string? Status) Read(byte[] answer)
    {
        using var execution = JsonDocument.Parse(answer);
        return execution.RootElement.TryGetProperty("id", out var id)
            ? (id.GetGuid(), execution.RootElement.GetProperty("status").GetString())
            : throw new InvalidOperationException($"The execution was refused: {Encoding.UTF8.GetString(answer)}");
    }

    /// <summary>The value of a series in the text of <c>/metrics</c>; null when there is none.</summary>
    public static double? Find(string metrics, string series)
    {
        foreach (var line in metrics.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(series, StringComparison.Ordinal) && line.Length > series.Length && line[series.Length] == ' ')
            {
                return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
            }
        }

        return null;
    }
}
