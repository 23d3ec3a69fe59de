using System.Net;
using System.Net.Sockets;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class ClientErrorTests : IAsyncLifetime
{
    private readonly CommandFixture _fixture = new();
    private FakeServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await FakeServer.StartAsync(_fixture.Cancel);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Problem_WithErrors_IsPrintedWithItsPlaces()
    {
        _server.On("GET /api/v1/queue/stats", """
            {"type": "x", "title": "Bad request", "status": 400, "detail": "The workflow has 2 errors", "error": "The workflow has 2 errors", "errors": [
              {"path": "tasks.a", "message": "has no kind", "code": "PPL101", "line": 3, "column": 5, "hint": "Add a command."},
              {"path": "limit", "message": "must be a number"}]}
            """, 400, "application/problem+json");

        (await _fixture.RunAsync("queue", "--server", _server.Url)).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldBe("""
            Error: The workflow has 2 errors (400 BadRequest)
              3:5 PPL101 tasks.a: has no kind
                Add a command.
              limit: must be a number

            """);
    }

    [Theory]
    [InlineData(500, """{"error": "it broke"}""", "Error: it broke (500 InternalServerError)\n")]
    [InlineData(401, "", "Error: the server asks for a sign-in (401 Unauthorized)\n")]
    [InlineData(502, "<html>", "/api/v1/queue/stats answered 502 BadGateway\n")]
    [InlineData(200, "<html>", "/api/v1/queue/stats did not answer as a Periplon server does\n")]
    public async Task OtherAnswer_IsNamed(int status, string body, string expected)
    {
        _server.On("GET /api/v1/queue/stats", body, status);

        (await _fixture.RunAsync("queue", "--server", _server.Url)).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldContain(expected);
    }

    [Fact]
    public async Task NoServer_SaysWhereAndHowToStartOne()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://{listener.LocalEndpoint}";
        listener.Stop();

        (await _fixture.RunAsync("queue", "--server", url)).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldStartWith($"Error: no server answers at {url} (");
        _fixture.Error.ToString().ShouldContain("Start one with 'periplon server'");
    }
}
