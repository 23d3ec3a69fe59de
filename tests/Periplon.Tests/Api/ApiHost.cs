using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Periplon.Api;
using Periplon.Api.Server;
using Periplon.Api.Workflows;
using Periplon.Engine.Executions;
using Periplon.Engine;
using Periplon.Engine.Audit;
using Periplon.Engine.Doctor;
using Periplon.Engine.Limits;
using Periplon.Engine.Logs;
using Periplon.Engine.Queue;
using Periplon.Engine.Retention;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Workers;

namespace Periplon.Tests.Api;

/// <summary>The mapped API in a real server on a free loopback port, over fakes.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, FakeStores stores, FakeGrains grains, LogCollector log)
    {
        Log = log;
        _app = app;
        Stores = stores;
        Grains = grains;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public LogCollector Log { get; }
    public FakeStores Stores { get; }
    public FakeGrains Grains { get; }
    public FakeQueueStore Queue => (FakeQueueStore)Services.GetRequiredService<IQueueStore>();
    public FakeTimeProvider Time => Grains.Time;
    public FakeReader Reader => (FakeReader)Services.GetRequiredService<IWorkflowReader>();
    public FakeCheck Check(string name) => Services.GetServices<IReadinessCheck>().Cast<FakeCheck>().Single(check => check.Name == name);
    public IServiceProvider Services => _app.Services;
    public WebApplication App => _app;
    public HttpClient Http { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<ApiHost> StartAsync(
        Action<ApiOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var options = new ApiOptions { Port = 0, Version = "9.9.9", QueuePartitions = 2 };
        configure?.Invoke(options);
        var stores = new FakeStores();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var grains = new FakeGrains(stores, time);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        var log = new LogCollector();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(grains.Factory);
        builder.Services.AddSingleton<EndWatches>();
        builder.Services.AddSingleton<IWorkflowStore>(stores);
        builder.Services.AddSingleton<IExecutionQueries>(stores);
        builder.Services.AddSingleton<IJournalStore>(stores);
        builder.Services.AddSingleton<ILogStore>(stores);
        var queue = new FakeQueueStore(stores);
        builder.Services.AddSingleton<IQueueStore>(queue);
        builder.Services.AddSingleton<ILimitStore>(queue);
        builder.Services.AddSingleton<ScheduleDatabase>();
        builder.Services.AddSingleton<IScheduleStore>(provider => provider.GetRequiredService<ScheduleDatabase>().Store);
        builder.Services.AddSingleton<IWorkflowReader, FakeReader>();
        builder.Services.AddSingleton<IReadinessCheck>(new FakeCheck("storage"));
        builder.Services.AddSingleton<IReadinessCheck>(new FakeCheck("queue"));
        builder.Services.AddSingleton<EngineInstruments>();
        builder.Services.AddSingleton<IWorkerDirectory>(grains.Workers);
        builder.Services.AddSingleton<IExecutionPurge>(new FakePurge(stores));
        builder.Services.AddSingleton<IDoctor, FakeDoctor>();
        builder.Services.AddSingleton<IAuditTrail, FakeAudit>();
        builder.Services.AddPeriplonApi(options);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapPeriplonApi();
        await app.StartAsync(Ct);
        return new ApiHost(app, stores, grains, log);
    }

    /// <summary>A stored workflow with one revision.</summary>
    public void AddWorkflow()
    {
        var row = Samples.Workflow(Samples.WorkflowId, Time) with { Tags = ["ci"], Description = "Runs at night" };
        Stores.Workflows.Add(row);
        Stores.Versions.Add(Samples.Version(row, Samples.Yaml));
    }

    /// <summary>An execution that is queued.</summary>
    public void AddExecution() => Grains.Add(Samples.Execution(Samples.ExecutionId, Samples.WorkflowId, Time));

    public Task<ApiAnswer> GetAsync(string path, string? accept = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        }

        return SendAsync(request);
    }

    public Task<ApiAnswer> PostAsync(string path, string? body, string? contentType = "application/json", string? key = null) =>
        SendAsync(HttpMethod.Post, path, body, contentType, key);

    public Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? body, string? contentType = "application/json", string? key = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        return SendAsync(request);
    }

    public async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);
        if ((int)response.StatusCode == 500)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', Log.Lines));
        }

        return new ApiAnswer(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType, text,
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(',', h.Value)));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>An answer of the API.</summary>
internal sealed record ApiAnswer(HttpStatusCode Code, string? ContentType, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public int Status => (int)Code;

    public JsonNode Json => JsonNode.Parse(Text)!;

    /// <summary>The answer is a problem with this status; its detail.</summary>
    public string ShouldBeProblem(int status)
    {
        Status.ShouldBe(status, Text);
        ContentType.ShouldBe("application/problem+json");
        var json = Json;
        json["status"]!.GetValue<int>().ShouldBe(status);
        json["type"]!.GetValue<string>().ShouldStartWith("urn:periplon:problem:");
        json["title"]!.GetValue<string>().ShouldNotBeEmpty();
        json["errors"].ShouldBeOfType<JsonArray>();
        var detail = json["detail"]!.GetValue<string>();
        json["error"]!.GetValue<string>().ShouldBe(detail);
        return detail;
    }

    /// <summary>The answer is this JSON, member for member.</summary>
    public void ShouldBeJson(int status, string expected)
    {
        Status.ShouldBe(status, Text);
        ContentType.ShouldBe("application/json");
        JsonNode.DeepEquals(Json, JsonNode.Parse(expected)).ShouldBeTrue($"was {Text}\nnot {expected}");
    }
}
