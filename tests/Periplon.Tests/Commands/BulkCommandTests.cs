using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class BulkCommandTests : IAsyncLifetime
{
    private const string Id = "01990000-0000-7000-8000-000000000004";

    private readonly CommandFixture _fixture = new();
    private FakeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeServer.StartAsync(_fixture.Cancel);
        _fixture.Variables["PERIPLON_SERVER"] = _server.Url;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Bulk_ShowsProgressUntilTheEnd()
    {
        _server.On("POST /api/v1/executions/bulk", Operation("running", 0), 202);
        _server.On($"GET /api/v1/operations/{Id}", Operation("running", 4)).On($"GET /api/v1/operations/{Id}", Operation("completed", 9));
        (await _fixture.RunAsync(
            "bulk", "cancel", "--status", "running", "--status", "waiting", "--label", "team:blue", "--created-before",
            "2026-01-01T00:00:00Z", "--reason", "enough")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        JsonNode.DeepEquals(JsonNode.Parse(_server.Requests[0].Body), JsonNode.Parse("""
            {"action":"cancel","filter":{"status":["running","waiting"],"labels":{"team":"blue"},"created_before":"2026-01-01T00:00:00Z"},
             "reason":"enough"}
            """)).ShouldBeTrue(_server.Requests[0].Body);
        _server.Requests[0].Key.ShouldNotBeEmpty();
        _fixture.Error.ToString().ShouldBe("0 of 9 executions\n4 of 9 executions\n");
        _fixture.Out.ToString().ShouldBe($"cancel completed: 9 matched, 9 done, 0 unchanged, 0 failed (operation {Id})\n");
    }

    [Fact]
    public async Task Bulk_SomeFailed_NamesThemAndFails()
    {
        _server.On("POST /api/v1/executions/bulk", Operation("completed", 8, failed: 1));
        (await _fixture.RunAsync("bulk", "signal", "--all", "--signal", "go", "-p", "{\"n\":1}")).ShouldBe(ExitCode.Failure);
        _server.Requests[0].Body.ShouldBe("""{"action":"signal","filter":{},"all":true,"params":{"name":"go","payload":{"n":1}}}""");
        _fixture.Out.ToString().ShouldContain("  e1: it is broken\n");
    }

    [Fact]
    public async Task Bulk_DryRunAndDetach_DoNotWait()
    {
        _server.On("POST /api/v1/executions/bulk", """{"matched":3,"message":"3 executions match; nothing was done"}""")
            .On("POST /api/v1/executions/bulk", Operation("running", 0), 202);
        (await _fixture.RunAsync("bulk", "pause", "--all", "--dry-run")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe("3 executions match; nothing was done\n");
        (await _fixture.RunAsync("bulk", "retry", "--all", "--from", "build", "--latest", "--detach")).ShouldBe(ExitCode.Ok);
        _server.Requests[^1].Body.ShouldBe(
            """{"action":"retry","filter":{},"all":true,"params":{"from_task":"build","revision":"latest"}}""");
        (await _fixture.RunAsync("bulk", "cancel", "--label", "blue")).ShouldBe(ExitCode.Usage);
        (await _fixture.RunAsync("bulk", "explode", "--all")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task Operations_ListShowCancel()
    {
        _server.On("GET /api/v1/operations", $$"""{"operations":[{{Operation("running", 4)}}]}""");
        _server.On($"GET /api/v1/operations/{Id}", Operation("running", 4));
        _server.On($"POST /api/v1/operations/{Id}/cancel", Operation("cancelling", 4), 202);
        (await _fixture.RunAsync("operations", "list")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldContain($"{Id}  cancel  running  9        4     0          0       2026-01-02 03:04:05Z");
        (await _fixture.RunAsync("operations", "show", Id)).ShouldBe(ExitCode.Ok);
        (await _fixture.RunAsync("operations", "cancel", Id)).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldStartWith("cancel cancelling: 9 matched, 4 done");
    }

    private static string Operation(string status, int done, int failed = 0) => $$"""
        {"id":"{{Id}}","action":"cancel","status":"{{status}}","matched":9,"done":{{done}},"unchanged":0,"failed":{{failed}},
         "created_at":"2026-01-02T03:04:05Z","errors":[{{(failed > 0 ? """{"execution_id":"e1","error":"it is broken"}""" : "")}}]}
        """;
}
