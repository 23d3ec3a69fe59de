using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Api.Server;

/// <summary>The server itself: health, version, figures, metrics, documentation.</summary>
internal static class SystemApi
{
    private const string PrometheusText = "text/plain; version=0.0.4; charset=utf-8";

    public static void MapSystem(this IEndpointRouteBuilder app)
    {
        var system = app.MapGroup("").WithTags("System");
        system.MapGet("/health", GetHealth).RequirePermission(Permissions.Public);
        system.MapGet("/ready", GetReadiness).RequirePermission(Permissions.Public)
            .Produces<ReadyObject>().Produces<ReadyObject>(StatusCodes.Status503ServiceUnavailable);
        system.MapGet("/live", GetLiveness).RequirePermission(Permissions.Public);
        system.MapGet("/version", GetVersion).RequirePermission(Permissions.Public);
        system.MapGet("/stats", GetStatistics).RequirePermission(Permissions.Public);
        system.MapGet("/metrics", GetMetrics).RequirePermission(Permissions.Public).Produces<string>(contentType: "text/plain");
        system.MapGet("/docs", GetDocumentation).RequirePermission(Permissions.Public).Produces<string>(contentType: "text/html");
        app.MapOpenApi("/openapi/{documentName}.json").RequirePermission(Permissions.Public);
    }

    private static Ok<HealthObject> GetHealth(IOptions<ApiOptions> options, TimeProvider time) =>
        TypedResults.Ok(new HealthObject("healthy", options.Value.Version, time.GetUtcNow()));

    private static async Task<JsonHttpResult<ReadyObject>> GetReadiness(
        ReadinessProbe probe, TimeProvider time, CancellationToken cancellationToken)
    {
        var (ready, checks) = await probe.RunAsync(cancellationToken);
        return TypedResults.Json(
            new ReadyObject(ready ? "ready" : "not_ready", checks, time.GetUtcNow()),
            ApiAnswers.Json.ReadyObject,
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static Ok<LiveObject> GetLiveness() => TypedResults.Ok(new LiveObject("alive"));

    private static Ok<VersionObject> GetVersion(IOptions<ApiOptions> options) =>
        TypedResults.Ok(new VersionObject(options.Value.Version, "periplon"));

    private static async Task<Ok<StatsObject>> GetStatistics(
        CallerIdentity caller, StatisticsReader reader, IWorkflowStore workflows, ProcessSampler process,
        CancellationToken cancellationToken)
    {
        var statistics = await reader.GetAsync(cancellationToken);
        var all = new WorkflowFilter { Organization = caller.Organization };
        var (_, total) = await workflows.ListAsync(all, 0, 1, cancellationToken);
        var (_, active) = await workflows.ListAsync(all with { IsActive = true }, 0, 1, cancellationToken);
        return TypedResults.Ok(new StatsObject(
            new WorkflowFigures(total, active),
            new ExecutionFigures(
                statistics.Total,
                statistics.Count(ExecutionStatus.Running),
                statistics.Count(ExecutionStatus.Completed),
                statistics.Count(ExecutionStatus.Failed, ExecutionStatus.TimedOut)),
            statistics.Queue,
            process.Read()));
    }

    private static async Task GetMetrics(HttpContext context, PrometheusExport export)
    {
        // Into memory first: a scrape that fails half-way must not look like a whole one.
        using var text = new MemoryStream();
        await export.WriteAsync(text, context.RequestAborted);
        context.Response.ContentType = PrometheusText;
        text.Position = 0;
        await text.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static ContentHttpResult GetDocumentation(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = DocumentationPage.ContentSecurityPolicy;
        return TypedResults.Content(DocumentationPage.Html, "text/html; charset=utf-8");
    }
}
