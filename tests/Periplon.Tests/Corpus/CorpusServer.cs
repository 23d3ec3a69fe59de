using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Periplon.Tests.Corpus;

/// <summary>Stands in for the servers that workflow files call.</summary>
internal sealed class CorpusServer : IAsyncDisposable
{
    private readonly WebApplication _server;
    private int _visits;

    private CorpusServer(WebApplication server) => _server = server;

    public string Address => _server.Urls.First();

    public static async Task<CorpusServer> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new CorpusServer(app);
        app.MapGet("/teams", () => Results.Json(new { data = new { teams = new[] { Team("red", "ada", "bob"), Team("blue", "eve") } } }));
        app.MapGet("/unready", () => Interlocked.Increment(ref server._visits) < 3
            ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Json(new { ready = true }));
        app.MapGet("/gone", () => Results.StatusCode(StatusCodes.Status404NotFound));
        app.Map("/{**path}", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return Results.Json(new { method = request.Method, path = request.Path.Value, body = await reader.ReadToEndAsync() });
        });
        await app.StartAsync(cancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static object Team(string name, params string[] members) => new { name, members };
}
