using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Periplon.Tests.Commands;

/// <summary>A real HTTP server on a free loopback port that answers from a table and keeps what it was asked.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, Queue<(int Status, string Body, string Type)>> _answers = [];

    private FakeServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Url => _app.Urls.Single();

    /// <summary>Method, path with query, body, idempotency key of each request.</summary>
    public List<(string Method, string Path, string Body, string Key)> Requests { get; } = [];

    public static async Task<FakeServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new FakeServer();
        await server._app.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>Answers a request; several answers of one request are given in turn, the last one for ever.</summary>
    public FakeServer On(string methodAndPath, string body, int status = 200, string type = "application/json")
    {
        if (!_answers.TryGetValue(methodAndPath, out var queue))
        {
            _answers.Add(methodAndPath, queue = new());
        }

        queue.Enqueue((status, body, type));
        return this;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body);
        Requests.Add((request.Method, request.Path + request.QueryString, await reader.ReadToEndAsync(context.RequestAborted), request.Headers["Idempotency-Key"].ToString()));
        if (!_answers.TryGetValue($"{request.Method} {request.Path}", out var queue))
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("no such route", context.RequestAborted);
            return;
        }

        var (status, body, type) = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }
}
