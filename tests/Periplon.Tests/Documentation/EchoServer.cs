using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Periplon.Tests.Documentation;

/// <summary>The server that examples of the documentation call: it answers with what it was sent.</summary>
public sealed class EchoServer : IAsyncLifetime
{
    private WebApplication? _server;

    public string Address => _server!.Urls.First();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Map("/echo", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return Results.Json(new { method = request.Method, body = await reader.ReadToEndAsync(), items = new[] { 10, 20 } });
        });
        _server.MapGet("/numbers", () => Results.Json(new { data = new { items = new[] { 10, 20 } } }));
        await _server.StartAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
