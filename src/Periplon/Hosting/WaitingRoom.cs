using System.Net;
using Periplon.Configuration;

namespace Periplon.Hosting;

/// <summary>What the port answers while the database cannot be reached at start-up: alive, not ready.</summary>
internal sealed class WaitingRoom : IAsyncDisposable
{
    private const string NotReady = """{"status":"not_ready","checks":{"queue":"error","storage":"error"}}""";
    private const string Problem =
        """{"type":"about:blank","title":"The server is starting","status":503,"detail":"The database cannot be reached yet","error":"The database cannot be reached yet"}""";

    private readonly WebApplication _app;

    private WaitingRoom(WebApplication app) => _app = app;

    public static async Task<WaitingRoom> OpenAsync(PeriplonConfig config, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, config.Server.Port));
        var app = builder.Build();
        app.Run(context =>
        {
            var path = context.Request.Path.Value;
            if (path == "/live")
            {
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync("""{"status":"alive"}""", context.RequestAborted);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "5";
            context.Response.ContentType = path == "/ready" ? "application/json" : "application/problem+json";
            return context.Response.WriteAsync(path == "/ready" ? NotReady : Problem, context.RequestAborted);
        });
        await app.StartAsync(cancellationToken);
        return new WaitingRoom(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
