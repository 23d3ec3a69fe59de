using System.Data.Common;
using System.Diagnostics;
using Periplon.Api.Requests;
using Periplon.Engine.Membership;
using Periplon.Engine.Storage;

namespace Periplon.Api;

/// <summary>Turns exceptions and bare error statuses into problems. Internals go to the log, never into the answer.</summary>
internal sealed partial class ApiErrors(RequestDelegate next, ILogger<ApiErrors> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBareError(context))
            {
                await Describe(context).ExecuteAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer; 499 is what the request metrics then show.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var problem = ToProblem(exception, context);
            context.Response.Clear();
            await problem.ExecuteAsync(context);
        }
    }

    // Routing answers unknown routes, methods and content types without a body. Pages of the web UI are left alone.
    private static bool IsBareError(HttpContext context) =>
        context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null }
        && (context.Request.Path.StartsWithSegments("/api")
            || context.GetEndpoint()?.Metadata.GetMetadata<PermissionMetadata>() is not null);

    private static ApiProblem Describe(HttpContext context)
    {
        var request = context.Request;
        return ApiProblem.Create(context.Response.StatusCode, context.Response.StatusCode switch
        {
            404 => $"There is no route {request.Method} {request.Path}; /openapi/v1.json lists all",
            405 => $"{request.Path} does not take {request.Method}; it takes {context.Response.Headers.Allow}",
            415 => $"Content type '{request.ContentType}' is not accepted here; /openapi/v1.json lists what is",
            var status => $"The request was answered with status {status}",
        });
    }

    private ApiProblem ToProblem(Exception exception, HttpContext context)
    {
        switch (exception)
        {
            case ApiProblemException known:
                return known.Problem;
            case BadHttpRequestException bad:
                return ApiProblem.Create(bad.StatusCode, bad.Message);
            case Exception when Unanswered.Is(exception):
            case DbException or IOException when StorageErrors.IsTransient(exception):
                LogUnavailable(exception, context.Request.Method, context.Request.Path);
                return ApiProblem.Unavailable("The database or the cluster did not answer in time; try again");
            default:
                var trace = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
                LogFailed(exception, context.Request.Method, context.Request.Path, trace);
                return ApiProblem.Create(
                    500, $"The server failed to answer this request; its log has the details under trace {trace}", traceId: trace);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Method} {Path} could not be answered: storage or cluster unavailable")]
    private partial void LogUnavailable(Exception exception, string method, string path);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed, trace {Trace}")]
    private partial void LogFailed(Exception exception, string method, string path, string trace);
}
