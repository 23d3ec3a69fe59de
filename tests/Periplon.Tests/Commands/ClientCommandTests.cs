using System.Text.Json;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class ClientCommandTests : IAsyncLifetime
{
    private const string Workflow = "01990000-0000-7000-8000-000000000001";
    private const string Execution = "01990000-0000-7000-8000-000000000002";

    private const string Page = $$"""
        {"workflows": [{"id": "{{Workflow}}", "name": "nightly", "version": "1.2", "updated_at": "2026-01-02T03:04:05Z", "is_active": true,
         "description": "Tidies up", "tags": [], "definition": {"name": "nightly", "inputs": {"count": {"type": "integer"}, "code": {"type": "string"} } } }],
         "total": 1, "offset": 0, "limit": 100}
        """;

    private readonly CommandFixture _fixture = new();
    private FakeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeServer.StartAsync(_fixture.Cancel);
        _fixture.Variables["PERIPLON_SERVER"] = _server.Url;
        _server.On("GET /api/v1/workflows", Page);
        _server.On($"GET /api/v1/workflows/{Workflow}", JsonDocument.Parse(Page).RootElement.GetProperty("workflows")[0].GetRawText());
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _fixture.Dispose();
    }

    [Fact]
    public async Task WorkflowsList_PrintsColumnsOrTheAnswer()
    {
        (await _fixture.RunAsync("workflows", "list")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe($"""
            NAME     VERSION  ACTIVE  UPDATED               ID
            nightly  1.2      yes     2026-01-02 03:04:05Z  {Workflow}

            """);

        (await _fixture.RunAsync("workflows", "list", "-j")).ShouldBe(ExitCode.Ok);
        JsonDocument.Parse(_fixture.Out.ToString()).RootElement.GetProperty("total").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task SignalAndDecide_SendWhatWasTyped()
    {
        foreach (var route in new[] { "signal", "approve", "reject" })
        {
            _server.On($"POST /api/v1/executions/{Execution}/{route}", $$"""{"message": "It is {{route}}"}""");
        }

        (await _fixture.RunAsync("signal", Execution, "go", "--payload", "{\"n\": 1}")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe("It is signal\n");
        (await _fixture.RunAsync("signal", Execution, "go", "-p", "not json")).ShouldBe(ExitCode.Ok);
        (await _fixture.RunAsync("approve", Execution)).ShouldBe(ExitCode.Ok);
        (await _fixture.RunAsync("reject", Execution, "ok", "--comment", "no", "-j")).ShouldBe(ExitCode.Ok);
        _server.Requests.Select(request => request.Body).ShouldBe(
            ["""{"name":"go","payload":{"n":1}}""", """{"name":"go","payload":"not json"}""", "{}", """{"task":"ok","comment":"no"}"""]);
        _server.Requests[0].Key.ShouldNotBeEmpty();
        _server.Requests[0].Key.ShouldNotBe(_server.Requests[1].Key);
    }

    [Fact]
    public async Task PauseAndResume_SendTheReasonAndShowTheAnswer()
    {
        _server.On($"POST /api/v1/executions/{Execution}/pause", """{"status": "paused", "message": "Execution paused"}""");
        _server.On($"POST /api/v1/executions/{Execution}/resume", """{"status": "running", "message": "Execution resumed"}""");

        (await _fixture.RunAsync("pause", Execution, "--reason", "full moon")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe("Execution paused\n");
        (await _fixture.RunAsync("resume", Execution)).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldBe("Execution resumed\n");
        (await _fixture.RunAsync("resume", Execution, "-j")).ShouldBe(ExitCode.Ok);
        JsonDocument.Parse(_fixture.Out.ToString()).RootElement.GetProperty("status").GetString().ShouldBe("running");
        _server.Requests.Select(request => request.Body).ShouldBe(["""{"reason":"full moon"}""", "{}", "{}"]);
    }

    [Fact]
    public async Task Pause_OfAnEndedExecution_FailsWithWhatTheServerSays()
    {
        _server.On(
            $"POST /api/v1/executions/{Execution}/pause",
            """{"title": "Conflict", "status": 409, "detail": "The execution has ended"}""", 409);

        (await _fixture.RunAsync("pause", Execution)).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldContain("The execution has ended");
    }

    [Fact]
    public async Task RetrySkipAndCancel_SendWhatWasTyped()
    {
        const string Retry = "01990000-0000-7000-8000-000000000009";
        _server.On($"POST /api/v1/executions/{Execution}/retry", $$"""{"id": "{{Retry}}", "status": "queued"}""", 201);
        _server.On($"GET /api/v1/executions/{Execution}", $$"""{"id": "{{Execution}}", "workflow_id": "{{Workflow}}", "status": "failed"}""");
        _server.On($"POST /api/v1/executions/{Execution}/tasks/loop%5B1%5D.a/skip", """{"message": "It is skipped"}""");
        _server.On($"POST /api/v1/executions/{Execution}/cancel", "{}");

        (await _fixture.RunAsync("retry", Execution, "--from-task", "b", "--input", "count=7", "--input", "code=7", "--latest"))
            .ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe($"Started {Retry}, which retries {Execution}\n");
        (await _fixture.RunAsync("retry", Execution, "--from-start", "-j")).ShouldBe(ExitCode.Ok);
        (await _fixture.RunAsync("skip", Execution, "loop[1].a", "--reason", "no", "--output", "[1]")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        (await _fixture.RunAsync("cancel", Execution, "--kill")).ShouldBe(ExitCode.Ok);
        (await _fixture.RunAsync("executions", "cancel", Execution)).ShouldBe(ExitCode.Ok);
        _server.Requests.Where(request => request.Method == "POST").Select(request => request.Body).ShouldBe(
            [
                """{"from_task":"b","revision":"latest","inputs":{"count":7,"code":"7"}}""", """{"from_start":true}""",
                """{"reason":"no","output":[1]}""", """{"kill":true}""", "{}",
            ]);
        _server.Requests.First(request => request.Method == "POST").Key.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task WorkflowsApply_KnownAndNewName_UpdatesAndCreates()
    {
        const string Task = "tasks: {a: {description: b, command: {executable: c}}}\n";
        _fixture.Write("old.yaml", $"name: nightly\nversion: '2'\n{Task}");
        _fixture.Write("new.yaml", $"name: daily\nversion: '1'\n{Task}");
        _server.On($"PUT /api/v1/workflows/{Workflow}", $$"""{"id": "{{Workflow}}", "message": "ok"}""");
        _server.On("POST /api/v1/workflows", """{"id": "new-id", "name": "daily", "version": "1", "message": "ok"}""", 201);

        (await _fixture.RunAsync("workflows", "apply", "old.yaml", "new.yaml")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe($"Updated nightly 2 ({Workflow})\nCreated daily 1 (new-id)\n");
        var post = _server.Requests.Single(each => each.Method == "POST");
        JsonDocument.Parse(post.Body).RootElement.GetProperty("definition").GetString().ShouldStartWith("name: daily");
        Guid.Parse(post.Key).Version.ShouldBe(7);
    }

    [Fact]
    public async Task WorkflowsApply_OneBadFile_SendsNone()
    {
        _fixture.Write("good.yaml", "name: a\nversion: '1'\n");
        _fixture.Write("bad.yaml", "name: a\n");

        (await _fixture.RunAsync("workflows", "apply", "good.yaml", "bad.yaml")).ShouldBe(ExitCode.Failure);

        _server.Requests.ShouldBeEmpty();
        _fixture.Error.ToString().ShouldContain("bad.yaml:1:1: error PPL");
    }

    [Fact]
    public async Task WorkflowsDelete_ByName_DeletesItsId()
    {
        _server.On($"DELETE /api/v1/workflows/{Workflow}", "", 204);

        (await _fixture.RunAsync("workflows", "delete", "nightly")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe($"Deleted nightly ({Workflow})\n");
    }

    [Fact]
    public async Task Start_InputsByDeclaredType_AreSent()
    {
        _server.On("POST /api/v1/executions", $$"""{"id": "{{Execution}}", "workflow_id": "{{Workflow}}", "status": "queued", "message": "ok"}""", 201);

        (await _fixture.RunAsync("start", "nightly", "-i", "count=3", "-i", "code=007", "--priority", "5")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe($"Started nightly 1.2: {Execution}\n");
        var (_, _, body, key) = _server.Requests.Single(each => each.Method == "POST");
        JsonSerializer.Serialize(JsonDocument.Parse(body)).ShouldBe(
            $$$"""{"workflow_id":"{{{Workflow}}}","input_params":{"count":3,"code":"007"},"priority":5}""");
        Guid.Parse(key).Version.ShouldBe(7);
    }

    [Theory]
    [InlineData("completed", ExitCode.Ok)]
    [InlineData("failed", ExitCode.Failure)]
    public async Task StartWait_AsksUntilTheEnd(string status, int exit)
    {
        _server.On("POST /api/v1/executions", $$"""{"id": "{{Execution}}", "status": "queued"}""", 201);
        _server.On($"GET /api/v1/executions/{Execution}", $$"""
            {"id": "{{Execution}}", "status": "{{status}}", "created_at": "2026-01-02T03:00:00Z", "completed_at": "2026-01-02T03:01:05Z", "error": null}
            """);

        (await _fixture.RunAsync("start", "nightly", "--wait")).ShouldBe(exit, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe($"Started nightly 1.2: {Execution}\nEnded: {status} after 1m05s\n");
        _server.Requests[^1].Path.ShouldBe($"/api/v1/executions/{Execution}?wait=30");
    }

    [Fact]
    public async Task Start_UnknownName_SuggestsTheNearest()
    {
        (await _fixture.RunAsync("start", "nigthly")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldBe("Error: there is no workflow 'nigthly'; did you mean 'nightly'?\n");
    }

    [Fact]
    public async Task ExecutionsList_Filters_AreSent()
    {
        _server.On("GET /api/v1/executions", $$"""
            {"executions": [{"id": "{{Execution}}", "workflow_id": "{{Workflow}}", "workflow_name": "nightly", "workflow_version": "1.2", "status": "failed",
             "created_at": "2026-01-02T03:00:00Z", "started_at": "2026-01-02T03:00:00Z", "completed_at": "2026-01-02T03:00:01Z", "error": "a\nb"}], "total": 1}
            """);

        (await _fixture.RunAsync("executions", "list", "--workflow", "nightly", "--status", "failed", "--limit", "5")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _server.Requests[^1].Path.ShouldBe($"/api/v1/executions?workflow_id={Workflow}&status=failed&limit=5&offset=0");
        _fixture.Out.ToString().ShouldEndWith($"{Execution}  nightly   1.2      failed  2026-01-02 03:00:00Z  1.00s  a b\n");
    }

    [Fact]
    public async Task ExecutionsLogsFollow_GoesOnUntilTheServerHasFinished()
    {
        _server.On($"GET /api/v1/executions/{Execution}/logs", Log(1, "one", finished: false));
        _server.On($"GET /api/v1/executions/{Execution}/logs", Log(2, "two", finished: true));

        (await _fixture.RunAsync("executions", "logs", Execution, "-f")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe("03:04:05.000 info    [build] one\n03:04:05.000 info    [build] two\n");
        _server.Requests.Select(each => each.Path).ShouldBe(
            [$"/api/v1/executions/{Execution}/logs?after=0&limit=1000&wait=20", $"/api/v1/executions/{Execution}/logs?after=1&limit=1000&wait=20"]);
    }

    [Fact]
    public async Task ExecutionsTasks_PrintsEachTask()
    {
        _server.On($"GET /api/v1/executions/{Execution}/tasks", """
            {"tasks": [{"id": "build", "status": "failed", "kind": "script", "attempt": 2, "worker": "w1", "started_at": "2026-01-02T03:00:00Z",
             "completed_at": "2026-01-02T03:00:12Z", "error": "exit code 1"}]}
            """);

        (await _fixture.RunAsync("executions", "tasks", Execution)).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe("""
            TASK   KIND    STATUS  ATTEMPT  TOOK   WORKER  MESSAGE
            build  script  failed  2        12.0s  w1      exit code 1

            """);
    }

    [Fact]
    public async Task ExecutionsCancel_SendsTheReason()
    {
        _server.On($"POST /api/v1/executions/{Execution}/cancel", """{"status": "cancelled"}""");

        (await _fixture.RunAsync("executions", "cancel", Execution, "--reason", "wrong day")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _server.Requests[^1].Body.ShouldBe("""{"reason":"wrong day"}""");
    }

    [Fact]
    public async Task Why_PrintsTheChain()
    {
        _server.On($"GET /api/v1/executions/{Execution}/why", """
            {"status": "waiting", "message": "Waits for task 'build'", "why": [{"task": "build", "waits_for": "retry_delay", "message": "Attempt 2 is due later",
             "held_by": null, "wakes_by": "timer", "wakes_at": "2026-01-02T03:04:05Z", "since": "2026-01-02T03:04:00Z"}]}
            """);

        (await _fixture.RunAsync("why", Execution)).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe("""
            Waits for task 'build'
            - build: Attempt 2 is due later
              since 2026-01-02 03:04:00Z, woken by timer at 2026-01-02 03:04:05Z

            """);
    }

    [Fact]
    public async Task Queue_PrintsTheNumbers()
    {
        _server.On("GET /api/v1/queue/stats", """{"pending": 3, "processing": 1, "completed": 9, "failed": 0}""");

        (await _fixture.RunAsync("queue")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe("WHAT        COUNT\npending     3\nprocessing  1\ncompleted   9\nfailed      0\n");
    }

    [Fact]
    public async Task Queue_OfANewerServer_ShowsPrioritiesAndPartitions()
    {
        _server.On("GET /api/v1/queue/stats", """
            {
              "pending": 3, "oldest_pending_at": null,
              "organization": {"pending": 3, "priorities": [{"priority": 7, "pending": 3, "oldest_at": null}]},
              "partitions": [{"partition": 0, "backlog": 12}, {"partition": 1, "backlog": 0}]
            }
            """);

        (await _fixture.RunAsync("queue")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        var lines = _fixture.Out.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        lines.ShouldBe(["WHAT COUNT", "pending 3", "PRIORITY PENDING OLDEST AT", "7 3", "PARTITION BACKLOG", "0 12", "1 0", ""]);
    }

    private static string Log(int id, string message, bool finished) => $$"""
        {
          "logs": [
            {"id": {{id}}, "timestamp": "2026-01-02T03:04:05Z", "level": "info", "message": "{{message}}", "metadata": {"task": "build", "attempt": 1} }
          ],
          "finished": {{(finished ? "true" : "false")}}
        }
        """;
}
