using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Periplon.Api.Bulk;
using Periplon.Api.Executions;
using Periplon.Api.Limits;
using Periplon.Api.Queue;
using Periplon.Api.Requests;
using Periplon.Api.Schedules;
using Periplon.Api.Server;
using Periplon.Api.Triggers;
using Periplon.Api.Workflows;
using Periplon.Engine;
using Periplon.Engine.Storage;
using Periplon.Engine.Triggers;

namespace Periplon.Api;

/// <summary>The door of the REST API.</summary>
public static class ApiHostingExtensions
{
    /// <summary>
    /// Adds the API. The host also registers the Orleans client or silo, the stores of the engine, a workflow reader, and readiness checks
    /// named <c>storage</c> and <c>queue</c>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">The settings; they are checked here.</param>
    public static IServiceCollection AddPeriplonApi(this IServiceCollection services, ApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        services.AddSingleton(Options.Create(options));
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ApiOptions>>(ConfigureServer);
        services.Configure<JsonOptions>(ConfigureJson);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<EngineInstruments>();
        services.TryAddSingleton<JournalInstruments>();
        services.AddSingleton<GrainCalls>();
        services.AddSingleton<WorkflowDefinitions>();
        services.AddSingleton<ExecutionReader>();
        services.AddSingleton<ScheduleEditor>();
        services.AddSingleton<LogReader>();
        services.AddWebhookTriggers();
        services.AddSingleton<TriggerRequests>();
        services.AddBulkApi();
        services.AddSingleton<StatisticsReader>();
        services.AddSingleton<QueueFigures>();
        services.AddSingleton<ReadinessProbe>();
        services.AddSingleton<DoctorDesk>();
        services.AddSingleton<PrometheusExport>();
        services.AddSingleton<ProcessSampler>();
        services.AddHostedService(provider => provider.GetRequiredService<ProcessSampler>());
        services.AddOpenApi("v1", ApiDocument.Configure);
        return services;
    }

    /// <summary>
    /// Maps the API: what every request passes (metrics, errors, security), then the routes. Call it before mapping anything else.
    /// </summary>
    /// <param name="app">The web application.</param>
    public static WebApplication MapPeriplonApi(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<HttpMetrics>();
        app.UseMiddleware<ApiErrors>();
        app.UseMiddleware<ApiSecurity>();
        app.MapSystem();
        app.MapWorkflows();
        app.MapExecutions();
        app.MapDoctor();
        app.MapTriggers();
        app.MapHooks();
        app.MapOperations();
        app.MapSchedules();
        app.MapQueue();
        app.MapLimits();
        return app;
    }

    // Loopback only: nobody signs in yet, so nobody from elsewhere may call.
    private static void ConfigureServer(KestrelServerOptions server, IOptions<ApiOptions> options)
    {
        server.Listen(IPAddress.Loopback, options.Value.Port);
        server.AddServerHeader = false;
    }

    private static void ConfigureJson(JsonOptions json)
    {
        json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        json.SerializerOptions.Converters.Add(new UtcTimeConverter());
        json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Add(DoctorJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Insert(1, TriggerJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Insert(1, OperationJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Insert(0, ScheduleJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Add(QueueJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Add(LimitJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Insert(1, Executions.RetryJson.Default);
        json.SerializerOptions.TypeInfoResolverChain.Insert(1, RevisionJson.Default);
    }
}
