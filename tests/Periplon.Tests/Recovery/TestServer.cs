using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>A server process and its API.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly HttpClient _http;

    private TestServer(PeriplonProcess process, HttpClient http) => (Process, _http) = (process, http);

    public PeriplonProcess Process { get; }

    public HttpClient Http => _http;

    public static async Task<TestServer> StartAsync(string directory, params (string Name, string Value)[] environment)
    {
        var process = PeriplonProcess.Start(directory, ["server", "--port", "0"], [("PERIPLON__SERVER__LOG_LEVEL", "warning"), .. environment]);
        try
        {
            var line = await process.LineAsync("Periplon listens on");
            var address = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Trim());
            return new TestServer(process, new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) });
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public async Task SaveAsync(string yaml)
    {
        using var answer = await _http.PostAsJsonAsync("/api/v1/workflows", new { definition = yaml });
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Starts an execution; it is acknowledged when this returns.</summary>
    public async Task<string> StartExecutionAsync(string workflow, object? inputs = null)
    {
        using var answer = await _http.PostAsJsonAsync("/api/v1/executions", new { workflow, inputs = inputs ?? new { } });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        answer.IsSuccessStatusCode.ShouldBeTrue(body.ToString());
        return body.GetProperty("id").GetString()!;
    }

    public Task<JsonElement> GetAsync(string path) => _http.GetFromJsonAsync<JsonElement>($"/api/v1/executions/{path}");

    public async Task<string> StatusAsync(string id) => (await GetAsync(id)).GetProperty("status").GetString()!;

    /// <summary>Waits for the end of an execution; its status then.</summary>
    public async Task<string> EndAsync(string id, int seconds = 90)
    {
        var (status, last) = ("", "");
        try
        {
            await Eventually.TrueAsync($"execution {id} has ended", HasEndedAsync, seconds);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; the last answer was {last}; the server printed:\n{Process.Output}", e);
        }

        return status;

        async Task<bool> HasEndedAsync()
        {
            try
            {
                var now = await GetAsync($"{id}?wait=20");
                (status, last) = (now.GetProperty("status").GetString()!, now.ToString());
            }
            catch (HttpRequestException e) when (e.StatusCode is HttpStatusCode.ServiceUnavailable)
            {
                // The database or a silo was lost a moment ago; a client asks again.
                last = e.Message;
                return false;
            }
            catch (HttpRequestException e)
            {
                throw new InvalidOperationException($"The server does not answer; it printed:\n{Process.Output}", e);
            }

            return status is "completed" or "failed" or "cancelled" or "timed_out";
        }
    }

    /// <summary>Words of its events, in order.</summary>
    public async Task<List<string>> EventsAsync(string id)
    {
        JsonElement page = default;
        await Eventually.TrueAsync($"the events of {id} can be read", async () =>
        {
            try
            {
                page = await GetAsync($"{id}/events");
                return true;
            }
            catch (HttpRequestException e) when (e.StatusCode is HttpStatusCode.ServiceUnavailable)
            {
                // As above.
                return false;
            }
        });
        return [.. page.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()!)];
    }

    public async Task CancelAsync(string id)
    {
        using var answer = await _http.PostAsync(new Uri($"/api/v1/executions/{id}/cancel", UriKind.Relative), null);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Task id to status word.</summary>
    public async Task<Dictionary<string, string>> TasksAsync(string id)
    {
        var tasks = await GetAsync($"{id}/tasks");
        var items = tasks.ValueKind is JsonValueKind.Array ? tasks : tasks.GetProperty("tasks");
        return items.EnumerateArray().ToDictionary(task => task.GetProperty("id").GetString()!, task => task.GetProperty("status").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }
}
