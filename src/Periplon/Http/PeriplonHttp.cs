using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Periplon.Http;

/// <summary>The API of a server, as the client commands use it.</summary>
internal sealed partial class PeriplonHttp(Uri server, TimeSpan? timeout = null) : IDisposable
{
    public const string DefaultServer = "http://127.0.0.1:8080";

    // Long polls wait up to half a minute on the server.
    private readonly HttpClient _http = new() { Timeout = timeout ?? TimeSpan.FromSeconds(100) };

    public Uri Server { get; } = server;

    public void Dispose() => _http.Dispose();

    public Task<Reply<WorkflowPage>> ListWorkflowsAsync(string? name, int limit, int offset, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, "workflows" + Query(("name", name), ("limit", limit), ("offset", offset)), null, ApiTypes.Default.WorkflowPage,
            cancellationToken);

    public Task<Reply<WorkflowItem>> GetWorkflowAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"workflows/{Escape(id)}", null, ApiTypes.Default.WorkflowItem, cancellationToken);

    public Task<Reply<WorkflowSavedReply>> CreateWorkflowAsync(string definition, Guid key, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, "workflows", new JsonObject { ["definition"] = definition }, ApiTypes.Default.WorkflowSavedReply,
            cancellationToken, key);

    public Task<Reply<WorkflowSavedReply>> UpdateWorkflowAsync(string id, string definition, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Put, $"workflows/{Escape(id)}", new JsonObject { ["definition"] = definition }, ApiTypes.Default.WorkflowSavedReply,
            cancellationToken);

    public Task<Reply<JsonElement>> DeleteWorkflowAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"workflows/{Escape(id)}", null, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Starts an execution; the same key again gets the same execution.</summary>
    public Task<Reply<StartReply>> StartAsync(
        string workflowId, JsonObject inputs, int? priority, Guid key, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["workflow_id"] = workflowId, ["input_params"] = inputs };
        if (priority is { } given)
        {
            body["priority"] = given;
        }

        return SendAsync(HttpMethod.Post, "executions", body, ApiTypes.Default.StartReply, cancellationToken, key);
    }

    public Task<Reply<ExecutionPage>> ListExecutionsAsync(
        string? workflowId, string? status, int limit, int offset, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, "executions" + Query(("workflow_id", workflowId), ("status", status), ("limit", limit), ("offset", offset)),
            null, ApiTypes.Default.ExecutionPage, cancellationToken);

    /// <summary>Reads an execution; with a wait, when it has ended or the time is over.</summary>
    public Task<Reply<ExecutionItem>> GetExecutionAsync(string id, int? waitSecs, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"executions/{Escape(id)}" + Query(("wait", waitSecs)), null, ApiTypes.Default.ExecutionItem,
            cancellationToken);

    public Task<Reply<JsonElement>> CancelAsync(string id, string? reason, bool kill, CancellationToken cancellationToken)
    {
        var body = new JsonObject();
        if (reason is not null)
        {
            body["reason"] = reason;
        }

        if (kill)
        {
            body["kill"] = true;
        }

        return SendAsync(
            HttpMethod.Post, $"executions/{Escape(id)}/cancel", body, ApiTypes.Default.JsonElement, cancellationToken);
    }

    /// <summary>Pauses or resumes an execution: <paramref name="action"/> is <c>pause</c> or <c>resume</c>.</summary>
    public Task<Reply<JsonElement>> PauseOrResumeAsync(string id, string action, string? reason, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"executions/{Escape(id)}/{action}",
            reason is null ? new JsonObject() : new JsonObject { ["reason"] = reason }, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Retries an ended execution; the same key again starts no second one.</summary>
    public Task<Reply<StartReply>> RetryAsync(string id, JsonObject body, Guid key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"executions/{Escape(id)}/retry", body, ApiTypes.Default.StartReply, cancellationToken, key);

    /// <summary>Skips a task.</summary>
    public Task<Reply<JsonElement>> SkipAsync(string id, string task, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"executions/{Escape(id)}/tasks/{Escape(task)}/skip", body, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Sends a signal; the same key again counts once.</summary>
    public Task<Reply<JsonElement>> SignalAsync(string id, string name, JsonNode? payload, Guid key, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"executions/{Escape(id)}/signal", new JsonObject { ["name"] = name, ["payload"] = payload },
            ApiTypes.Default.JsonElement, cancellationToken, key);

    /// <summary>Decides an approval: <paramref name="decision"/> is <c>approve</c> or <c>reject</c>.</summary>
    public Task<Reply<JsonElement>> DecideAsync(
        string id, string decision, string? task, string? comment, CancellationToken cancellationToken)
    {
        var body = new JsonObject();
        foreach (var (name, value) in new[] { ("task", task), ("comment", comment) })
        {
            if (value is not null)
            {
                body[name] = value;
            }
        }

        return SendAsync(HttpMethod.Post, $"executions/{Escape(id)}/{decision}", body, ApiTypes.Default.JsonElement, cancellationToken);
    }

    /// <summary>Reads a page of an execution's tasks, those after a number.</summary>
    public Task<Reply<TaskPage>> TasksAsync(string id, long after, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"executions/{Escape(id)}/tasks" + (after > 0 ? $"?limit=1000&after={after}" : ""), null,
            ApiTypes.Default.TaskPage, cancellationToken);

    /// <summary>Reads lines after a position; with a wait, when there are some or the execution has ended.</summary>
    public Task<Reply<LogPage>> LogsAsync(
        string id, long after, int limit, string? level, string? task, int? waitSecs, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get,
            $"executions/{Escape(id)}/logs" + Query(
                ("after", after), ("limit", limit), ("level", level), ("task", task), ("wait", waitSecs)),
            null, ApiTypes.Default.LogPage, cancellationToken);

    public Task<Reply<WhyReply>> WhyAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"executions/{Escape(id)}/why", null, ApiTypes.Default.WhyReply, cancellationToken);

    public Task<Reply<JsonElement>> QueueStatsAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "queue/stats", null, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Has the server's storage examined, and mended if that is asked for.</summary>
    public Task<Reply<JsonElement>> DoctorAsync(
        bool repair, IReadOnlyList<string> checks, int maxExecutions, CancellationToken cancellationToken) =>
        SendAsync(
            repair ? HttpMethod.Post : HttpMethod.Get,
            "doctor" + (repair ? "/repair" : "") + Query(
                ("check", checks.Count == 0 ? null : string.Join(',', checks)),
                ("max_executions", maxExecutions == 0 ? null : maxExecutions)),
            null, ApiTypes.Default.JsonElement, cancellationToken);

    private async Task<Reply<T>> SendAsync<T>(
        HttpMethod method, string path, JsonObject? body, JsonTypeInfo<T> type, CancellationToken cancellationToken,
        Guid? idempotencyKey = null)
    {
        var url = new Uri($"{Server.AbsoluteUri.TrimEnd('/')}/api/v1/{path}");
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (idempotencyKey is { } key)
        {
            request.Headers.Add("Idempotency-Key", key.ToString("D"));
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var response = await ReachAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? Read(text, type, url)
            : throw ApiException.Of(response.StatusCode, text, url.GetLeftPart(UriPartial.Path));
    }

    private async Task<HttpResponseMessage> ReachAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            var reason = exception.InnerException is SocketException socket ? socket.Message : exception.Message;
            throw new ApiException(
                $"no server answers at {Server.AbsoluteUri.TrimEnd('/')} ({reason})", null,
                ["Start one with 'periplon server', or name another with --server URL or the variable PERIPLON_SERVER."]);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException($"{Server.AbsoluteUri.TrimEnd('/')} did not answer within {_http.Timeout.TotalSeconds} s", null, []);
        }
    }

    private static Reply<T> Read<T>(string text, JsonTypeInfo<T> type, Uri url)
    {
        try
        {
            var json = text.Length == 0 ? default : JsonElement.Parse(text);
            return new Reply<T>(text.Length == 0 ? default! : json.Deserialize(type)!, json);
        }
        catch (JsonException exception)
        {
            throw new ApiException(
                $"{url.GetLeftPart(UriPartial.Path)} did not answer as a Periplon server does", null,
                [exception.Message, "Is this the address of one?"]);
        }
    }

    private static string Query(params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text)
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Escape(text));
            }
        }

        return query.ToString();
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
