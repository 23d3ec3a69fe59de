using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Tests.Resources;

/// <summary>A web server on this machine that hands out texts.</summary>
public sealed class DocumentServer : IAsyncLifetime
{
    private readonly WebApplication _server = Build();

    internal string Url { get; private set; } = "";

    /// <summary>Text of each path.</summary>
    internal ConcurrentDictionary<string, string> Documents { get; } = new();

    /// <summary>The value of the Authorization header of the last request.</summary>
    internal string? Authorization { get; private set; }

    /// <summary>Done when somebody asked for <c>/hang</c>, which is never answered.</summary>
    internal TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask InitializeAsync()
    {
        _server.MapGet("/hang", (HttpContext context) =>
        {
            Hanging.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        _server.MapGet("/loop", () => Results.Redirect("/loop"));
        _server.MapGet("/moved", (string to) => Results.Redirect(to));
        _server.MapGet("/{**path}", (HttpContext context) =>
        {
            Authorization = context.Request.Headers.Authorization.ToString();
            return Documents.TryGetValue(context.Request.Path, out var text) ? Results.Text(text) : Results.NotFound();
        });
        await _server.StartAsync(TestContext.Current.CancellationToken);
        Url = _server.Urls.First();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder.Build();
    }
}
