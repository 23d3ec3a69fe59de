using System.Net;
using System.Text;
using System.Text.Json;
using Periplon.Torture.Checks;
using Periplon.Torture.Cluster;

namespace Periplon.Torture.Load;

/// <summary>How a request ended.</summary>
internal enum Answer
{
    Done,
    Conflict,
}

/// <summary>A client of the API that takes any server and repeats every request, with the same key, until it has an answer.</summary>
internal sealed class LoadClient(TortureCluster cluster, Random random, Violations violations, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromSeconds(20),
    };

    private long _repeats;

    /// <summary>Requests that were repeated because no answer came, or none that says what became of them.</summary>
    public long Repeats => Interlocked.Read(ref _repeats);

    public async Task StoreAsync(Workload workload, CancellationToken cancellationToken)
    {
        var definition = $"name: {workload.Name}\nversion: \"1\"\n{workload.Yaml}\n";
        var (status, body) = await SendAsync(
            HttpMethod.Post, "/api/v1/workflows", JsonSerializer.Serialize(new { definition }), $"workflow-{workload.Name}",
            cancellationToken);
        if ((int)status >= 300)
        {
            throw new InvalidOperationException($"The workflow '{workload.Name}' was refused: {body}\n{definition}");
        }
    }

    public async Task<Guid?> StartAsync(Workload workload, int number, CancellationToken cancellationToken)
    {
        // A key that carries its time puts the execution into the partition of its month, any other into the default one.
        var key = number % 2 == 0 ? $"start-{number}" : $"{Guid.CreateVersion7(time.GetUtcNow())}";
        var inputs = workload.Result is not null && workload.Yaml.Contains("inputs:", StringComparison.Ordinal)
            ? $$"""{"number":{{number}}}""" : "{}";
        var (status, body) = await SendAsync(
            HttpMethod.Post, "/api/v1/executions",
            $$$"""{"workflow":"{{{workload.Name}}}","inputs":{{{inputs}}},"labels":{"torture":"{{{number}}}"} }""", key,
            cancellationToken);
        if ((int)status < 300)
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement.GetProperty("id").GetGuid();
        }

        violations.Add("refused", $"The start of '{workload.Name}' with number {number} was answered {(int)status}: {body}");
        return null;
    }

    public async Task<Answer> PostAsync(string path, string body, string? key, CancellationToken cancellationToken)
    {
        var (status, text) = await SendAsync(HttpMethod.Post, path, body, key, cancellationToken);
        var isConflict = status is HttpStatusCode.Conflict
            || (status is HttpStatusCode.BadRequest && text.Contains("has already finished", StringComparison.Ordinal));
        if ((int)status >= 300 && !isConflict)
        {
            violations.Add("refused", $"POST {path} {body} was answered {(int)status}: {text}");
        }

        return isConflict ? Answer.Conflict : Answer.Done;
    }

    /// <summary>Creates something; its answer, or nothing when it was refused.</summary>
    public async Task<JsonElement> CreateAsync(string path, string body, string key, CancellationToken cancellationToken)
    {
        var (status, text) = await SendAsync(HttpMethod.Post, path, body, key, cancellationToken);
        if ((int)status < 300)
        {
            using var answer = JsonDocument.Parse(text);
            return answer.RootElement.Clone();
        }

        violations.Add("refused", $"POST {path} {body} was answered {(int)status}: {text}");
        return default;
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        if ((int)status >= 300)
        {
            violations.Add("refused", $"GET {path} was answered {(int)status}: {body}");
            return default;
        }

        using var answer = JsonDocument.Parse(body);
        return answer.RootElement.Clone();
    }

    public async Task<bool> HasEndedAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"/api/v1/executions/{id}", cancellationToken) is { ValueKind: JsonValueKind.Object } shown
        && shown.GetProperty("status").GetString() is "completed" or "failed" or "cancelled" or "timed_out";

    public Task PauseAsync(double from, double to, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromSeconds(from + (Next() * (to - from))), time, cancellationToken);

    public void Dispose() => _http.Dispose();

    private double Next()
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpMethod method, string path, string? body, string? key, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var servers = cluster.Servers.ToList();
                using var request = new HttpRequestMessage(method, new Uri(servers[(int)(Next() * servers.Count)].Address!, path));
                if (body is not null)
                {
                    request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                }

                if (key is not null)
                {
                    request.Headers.Add("Idempotency-Key", key);
                }

                using var answer = await _http.SendAsync(request, cancellationToken);
                var text = await answer.Content.ReadAsStringAsync(cancellationToken);
                if (answer.StatusCode is HttpStatusCode.InternalServerError)
                {
                    violations.Add("defect", $"{method} {path} was answered 500: {text}");
                }
                else if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests))
                {
                    return (answer.StatusCode, text);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Whether it was carried out is unknown, so it is repeated with its key.
            }

            Interlocked.Increment(ref _repeats);
            await PauseAsync(0.1, 0.5, cancellationToken);
        }
    }
}
