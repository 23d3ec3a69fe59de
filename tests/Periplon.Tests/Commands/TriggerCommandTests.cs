using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class TriggerCommandTests : IAsyncLifetime
{
    private const string Id = "01990000-0000-7000-8000-000000000003";
    private const string Workflow = "01990000-0000-7000-8000-000000000001";

    private const string Trigger = $$"""
        {"id":"{{Id}}","name":"push","kind":"webhook","is_paused":false,"workflow_id":"{{Workflow}}","workflow_name":"nightly",
         "hook_path":"/api/v1/hooks/{{Id}}"}
        """;

    private readonly CommandFixture _fixture = new();
    private FakeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeServer.StartAsync(_fixture.Cancel);
        _fixture.Variables["PERIPLON_SERVER"] = _server.Url;
        _server.On("GET /api/v1/triggers", $$"""{"triggers":[{{Trigger}}],"limit":500,"next_cursor":null}""");
        _server.On($"GET /api/v1/triggers/{Id}", Trigger);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _fixture.Dispose();
    }

    [Fact]
    public async Task List_PrintsColumns()
    {
        (await _fixture.RunAsync("trigger", "list")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe($"""
            NAME  KIND     STATUS  DOES            ID
            push  webhook  active  starts nightly  {Id}

            """);
    }

    [Fact]
    public async Task Create_SendsWhatWasTyped_AndShowsTheSecretOnce()
    {
        _server.On("POST /api/v1/triggers", Trigger[..^1] + ",\"secret\":\"whsec_1\"}", 201);
        _fixture.Variables["HOOK_SECRET"] = "given by the sender";
        (await _fixture.RunAsync(
            "trigger", "create", "push", "--workflow", "nightly", "--scheme", "github", "-i", "ref=body.ref", "-i", "by=headers.x-by",
            "--secret-from", "HOOK_SECRET")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        JsonNode.DeepEquals(JsonNode.Parse(_server.Requests[^1].Body), JsonNode.Parse("""
            {"name":"push","kind":"webhook","workflow":"nightly","signature":{"scheme":"github"},
             "inputs":{"ref":"body.ref","by":"headers.x-by"},"secret":"given by the sender"}
            """)).ShouldBeTrue(_server.Requests[^1].Body);
        _server.Requests[^1].Key.ShouldNotBeEmpty();
        _fixture.Out.ToString().ShouldContain("whsec_1\nThe secret is shown this once");
    }

    [Fact]
    public async Task Create_AfterAWorkflow_IsACompletionTrigger()
    {
        _server.On("POST /api/v1/triggers", Trigger, 201);
        _fixture.Write("base.json", """{"priority":5,"labels":{"a":"b"} }""");
        (await _fixture.RunAsync(
            "trigger", "create", "next", "-f", "base.json", "--workflow", "b", "--after", "a", "--status", "completed", "--status",
            "failed"))
            .ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        JsonNode.DeepEquals(JsonNode.Parse(_server.Requests[^1].Body), JsonNode.Parse("""
            {"priority":5,"labels":{"a":"b"},"name":"next","workflow":"b","after":{"workflow":"a","statuses":["completed","failed"]},
             "kind":"completion"}
            """)).ShouldBeTrue(_server.Requests[^1].Body);

        (await _fixture.RunAsync("trigger", "create", "x", "--workflow", "b", "--status", "failed")).ShouldBe(ExitCode.Usage);
        (await _fixture.RunAsync("trigger", "create", "x", "-i", "nothing")).ShouldBe(ExitCode.Usage);
        (await _fixture.RunAsync("trigger", "create", "x", "--secret-from", "NONE")).ShouldBe(ExitCode.Usage);
        _fixture.Error.ToString().ShouldContain("NONE is not set");
    }

    [Fact]
    public async Task ByName_ShowDeletePauseRotateRuns()
    {
        _server.On($"DELETE /api/v1/triggers/{Id}", "", 204);
        _server.On($"POST /api/v1/triggers/{Id}/pause", Trigger);
        _server.On($"POST /api/v1/triggers/{Id}/rotate", Trigger[..^1] + ",\"secret\":\"whsec_2\"}");
        _server.On($"GET /api/v1/triggers/{Id}/runs", """
            {"runs":[{"source":"delivery:1","status":"refused","execution_id":null,"detail":"not active",
                      "created_at":"2026-01-02T03:04:05Z"}]}
            """);
        (await _fixture.RunAsync("trigger", "show", "push")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldContain($"path:      /api/v1/hooks/{Id}\n");
        (await _fixture.RunAsync("trigger", "pause", "push")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldBe("Trigger push is paused\n");
        (await _fixture.RunAsync("trigger", "rotate", Id, "--keep-previous", "60")).ShouldBe(ExitCode.Ok);
        _server.Requests[^1].Body.ShouldBe("""{"keep_previous_secs":60}""");
        _fixture.Out.ToString().ShouldContain("whsec_2");
        (await _fixture.RunAsync("trigger", "runs", "push")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldContain("2026-01-02 03:04:05Z  refused  delivery:1");
        (await _fixture.RunAsync("trigger", "delete", "push")).ShouldBe(ExitCode.Ok);
        (await _fixture.RunAsync("trigger", "show", "pull")).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("no trigger 'pull'");
    }
}
