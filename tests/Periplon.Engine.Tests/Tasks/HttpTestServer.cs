using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Tests.Tasks;

/// <summary>A web server on this machine that answers as the tests of HTTP tasks need it.</summary>
public sealed class HttpTestServer : IAsyncLifetime
{
    private readonly WebApplication _server = Build();

    internal string Url { get; private set; } = "";

    internal string TlsUrl { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _server.MapPost("/echo", async (HttpRequest request, HttpResponse response) =>
        {
            response.Headers["X-Content-Type"] = request.ContentType;
            await request.Body.CopyToAsync(response.Body);
        });
        _server.MapMethods("/method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"], (HttpRequest request) => request.Method);
        _server.MapMethods("/header/{name}", ["GET", "POST"], (string name, HttpRequest request) => request.Headers[name].ToString());
        _server.MapGet("/hang", (HttpContext context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        _server.MapGet("/json", () => Results.Json(new { items = new[] { 1, 2 } }));
        _server.MapGet("/status/{code:int}", (int code) => Results.Text("the reason", statusCode: code));
        _server.MapMethods("/redirect", ["GET", "POST"], (int code, string to, HttpResponse response) =>
        {
            response.StatusCode = code;
            response.Headers.Location = to;
        });
        _server.MapGet("/loop", () => Results.Redirect("/loop"));
        _server.MapGet("/bomb", async (HttpResponse response) =>
        {
            response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest);
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 200; i++)
            {
                await gzip.WriteAsync(zeros);
            }
        });
        await _server.StartAsync(TestContext.Current.CancellationToken);
        Url = _server.Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal));
        TlsUrl = _server.Urls.First(url => url.StartsWith("https:", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // One port number on both loopback addresses cannot be chosen by the system; 'localhost' falls back to IPv4.
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(SelfSigned()));
        });
        return builder.Build();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var from = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return request.CreateSelfSigned(from, from.AddYears(100));
    }
}
