namespace Periplon.Api.Server;

/// <summary>Counts and times every request by its route's template: raw paths hold ids and would grow without bound.</summary>
internal sealed class HttpMetrics(RequestDelegate next, PrometheusExport export, TimeProvider time)
{
    private const string NoRoute = "unmatched";

    public async Task InvokeAsync(HttpContext context)
    {
        var since = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            string[] labels = [Method(context.Request.Method), Route(context), context.Response.StatusCode.ToString()];
            export.Requests.WithLabels(labels).Inc();
            export.RequestDuration.WithLabels(labels).Observe(time.GetElapsedTime(since).TotalSeconds);
        }
    }

    private static string Route(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } template } ? template : NoRoute;

    // The method is the caller's text; only known ones become a label.
    private static string Method(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "OTHER",
    };
}
