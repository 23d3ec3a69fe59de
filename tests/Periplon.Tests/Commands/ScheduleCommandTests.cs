using System.Text.Json;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class ScheduleCommandTests : IAsyncLifetime
{
    private const string Workflow = "01990000-0000-7000-8000-000000000001";
    private const string Schedule = "01990000-0000-7000-8000-000000000003";
    private const string Execution = "01990000-0000-7000-8000-000000000002";
    private const string Route = $"/api/v1/schedules/{Schedule}";

    private const string WorkflowJson = $$"""
        {"id": "{{Workflow}}", "name": "nightly", "version": "1", "definition": {"name": "nightly", "inputs": {"n": {"type": "integer"} } } }
        """;

    private const string One = $$"""
        {"id": "{{Schedule}}", "name": "backup", "workflow_id": "{{Workflow}}", "cron_expression": "0 3 * * *", "interval_secs": null,
         "timezone": "Europe/Berlin", "is_active": true, "input_params": {"n": 1}, "description": null, "overlap": "skip", "missed": "last",
         "jitter_secs": 30, "priority": 2, "next_run_at": "2026-01-03T02:00:00Z", "last_run_at": null, "consecutive_failures": 1,
         "last_error": "the workflow is not active"}
        """;

    private readonly CommandFixture _fixture = new();
    private FakeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeServer.StartAsync(_fixture.Cancel);
        _fixture.Variables["PERIPLON_SERVER"] = _server.Url;
        _server.On("GET /api/v1/workflows", $$"""{"workflows": [{{WorkflowJson}}], "total": 1}""");
        _server.On($"GET /api/v1/workflows/{Workflow}", WorkflowJson);
        _server.On("GET /api/v1/schedules", $$"""{"schedules": [{{One}}], "total": 1}""");
        _server.On($"GET {Route}", One);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _fixture.Dispose();
    }

    [Fact]
    public async Task List_SendsFiltersAndPrintsColumns()
    {
        await RunAsync("schedule", "list", "--workflow", "nightly", "--active", "true");
        Last.Path.ShouldBe($"/api/v1/schedules?workflow_id={Workflow}&is_active=true&limit=100&offset=0");
        Out.ShouldBe($"""
            NAME    TIMES                    ACTIVE  NEXT RUN              LAST RUN  FAILURES  ID
            backup  0 3 * * * Europe/Berlin  yes     2026-01-03 02:00:00Z            1         {Schedule}

            """);
    }

    [Fact]
    public async Task Create_SendsWhatWasGivenWithTypedInputsAndAKey()
    {
        _server.On("POST /api/v1/schedules", $$"""{"id": "{{Schedule}}", "message": "ok", "next_run_at": "2026-01-03T02:00:00Z"}""", 201);
        await RunAsync(
            "schedule", "create", "nightly", "--cron", "0 3 * * *", "-z", "Europe/Berlin", "--name", "backup", "--overlap", "queue",
            "--missed", "all", "--missed-window", "60", "--jitter", "5", "--priority", "-1", "-i", "n=7", "--paused");
        Last.Body.ShouldBe(
            """{"name":"backup","cron_expression":"0 3 * * *","timezone":"Europe/Berlin","overlap":"queue","missed":"all","missed_window_secs":60,"jitter_secs":5,"priority":-1,"input_params":{"n":7},"workflow_id":"WORKFLOW","is_active":false}"""
                .Replace("WORKFLOW", Workflow));
        Guid.Parse(Last.Key).Version.ShouldBe(7);
        Out.ShouldBe($"Created schedule {Schedule} of nightly; next run 2026-01-03 02:00:00Z\n");
        (await _fixture.RunAsync("schedule", "create", "nightly", "--overlap", "odd")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task Show_PrintsWhatIsKnown()
    {
        await RunAsync("schedule", "show", "backup");
        _server.Requests[0].Path.ShouldBe("/api/v1/schedules?name=backup&limit=1&offset=0");
        Out.ShouldContain("times:     0 3 * * * Europe/Berlin\n");
        Out.ShouldContain("failures:  1: the workflow is not active\n");
        Out.ShouldNotContain("about:");
    }

    [Fact]
    public async Task Update_SendsOnlyWhatWasGiven()
    {
        _server.On($"PUT {Route}", $$"""{"id": "{{Schedule}}", "message": "ok", "next_run_at": null}""");
        await RunAsync("schedule", "update", Schedule, "--every", "60", "--description", "");
        Last.Body.ShouldBe("""{"description":"","interval_secs":60}""");
        Out.ShouldBe($"Updated schedule {Schedule}; no run to come\n");
        (await _fixture.RunAsync("schedule", "update", Schedule)).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task PauseResumeTriggerDelete_CallTheirRoutes()
    {
        foreach (var action in new[] { "pause", "resume" })
        {
            _server.On($"POST {Route}/{action}", $$"""{"id": "{{Schedule}}", "message": "Schedule {{action}}d", "next_run_at": null}""");
            await RunAsync("schedule", action, "backup");
            Out.ShouldBe($"Schedule {action}d; no run to come\n");
        }

        _server.On($"POST {Route}/trigger", $$"""{"schedule_id": "{{Schedule}}", "execution_id": "{{Execution}}"}""", 201);
        await RunAsync("schedule", "trigger", "backup");
        Guid.Parse(Last.Key).Version.ShouldBe(7);
        Out.ShouldBe($"Started {Execution}\n");

        _server.On($"DELETE {Route}", "", 204);
        await RunAsync("schedule", "delete", "backup");
        Out.ShouldBe($"Deleted schedule {Schedule}\n");
    }

    [Fact]
    public async Task Next_OfACronText_AsksNoServer()
    {
        _fixture.Variables["PERIPLON_SERVER"] = "http://127.0.0.1:1";
        await RunAsync("schedule", "next", "30 2 * * *", "-z", "Europe/Berlin", "-n", "2", "--from", "2026-03-29T00:00:00Z");
        Out.ShouldBe("""
            SCHEDULED AT          FIRES AT              LOCAL
            2026-03-29 01:00:00Z  2026-03-29 01:00:00Z  2026-03-29T03:00:00+02:00
            2026-03-30 00:30:00Z  2026-03-30 00:30:00Z  2026-03-30T02:30:00+02:00

            """);
        await RunAsync("schedule", "next", "@daily", "-n", "1", "-j");
        JsonDocument.Parse(Out).RootElement.GetProperty("occurrences")[0].GetProperty("scheduled_at").GetString().ShouldBe("2026-01-03T00:00:00Z");

        (await _fixture.RunAsync("schedule", "next", "* 99 * * *")).ShouldBe(ExitCode.Usage);
        _fixture.Error.ToString().ShouldContain("the field 'hour' is '99'; allowed are 0-23");
        (await _fixture.RunAsync("schedule", "next", "@daily", "--from", "soon")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task Next_OfASchedule_AsksTheServer()
    {
        _server.On($"GET {Route}/next", """
            {"timezone": "UTC", "occurrences": [{"scheduled_at": "2026-01-03T02:00:00Z", "fires_at": "2026-01-03T02:00:05Z", "local": "2026-01-03T02:00:00+00:00"}]}
            """);
        await RunAsync("schedule", "next", "backup", "--count", "1");
        Last.Path.ShouldBe($"{Route}/next?count=1");
        Out.ShouldContain("2026-01-03 02:00:00Z  2026-01-03 02:00:05Z");
    }

    [Fact]
    public async Task Runs_PrintsWhatBecameOfTicksAndWhereToGoOn()
    {
        _server.On($"GET {Route}/runs", $$"""
            {"runs": [{"scheduled_at": "2026-01-02T02:00:00Z", "status": "completed", "kind": "tick", "execution_id": "{{Execution}}", "ticks": 1,
              "started_at": "2026-01-02T02:00:00Z", "completed_at": "2026-01-02T02:00:02Z"},
             {"scheduled_at": "2026-01-01T02:00:00Z", "status": "skipped", "kind": "tick", "ticks": 3, "reason": "missed"}], "next_cursor": "x"}
            """);
        await RunAsync("schedule", "runs", "backup", "--limit", "2");
        Out.ShouldBe($"""
            SCHEDULED AT          STATUS     KIND  TOOK   EXECUTION                             REASON
            2026-01-02 02:00:00Z  completed  tick  2.00s  {Execution}
            2026-01-01 02:00:00Z  skipped    tick                                               missed
            More: --cursor x

            """);
    }

    [Fact]
    public async Task Backfill_IsStartedTriedListedAndCancelled()
    {
        _server.On($"POST {Route}/backfill", """{"total": 1, "passed": 2, "gaps": ["2026-01-01T02:00:00Z"]}""");
        await RunAsync(
            "schedule", "backfill", "backup", "--from", "2026-01-01", "--to", "2026-01-02", "--max-parallel", "3", "--dry-run",
            "--may-repeat");
        Last.Body.ShouldBe("""{"from":"2026-01-01","to":"2026-01-02","max_parallel":3,"dry_run":true,"may_repeat":true}""");
        Out.ShouldBe("1 ticks have no run, 2 have one\n2026-01-01 02:00:00Z\n");

        _server.On($"GET {Route}/backfills", """
            {"backfills": [{"id": "b", "status": "running", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "total": 9, "started": 4,
             "passed": 1, "created_at": "2026-01-02T00:00:00Z"}]}
            """);
        await RunAsync("schedule", "backfills", "backup");
        Out.ShouldContain("b   running  2026-01-01 00:00:00Z  2026-01-02 00:00:00Z  9      4        1");
        _server.On($"POST {Route}/backfills/b/cancel", """{"id": "b", "status": "cancelled"}""");
        await RunAsync("schedule", "backfills", "backup", "--cancel", "b");
        Out.ShouldBe("Backfill b is cancelled\n");
    }

    [Fact]
    public async Task UnknownName_IsAnError()
    {
        await using var empty = await FakeServer.StartAsync(_fixture.Cancel);
        empty.On("GET /api/v1/schedules", """{"schedules": [], "total": 0}""");
        (await _fixture.RunAsync("schedule", "show", "none", "--server", empty.Url)).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldBe("Error: there is no schedule 'none'; see 'periplon schedule list'\n");
    }

    private string Out => _fixture.Out.ToString();

    private (string Method, string Path, string Body, string Key) Last => _server.Requests[^1];

    private async Task RunAsync(params string[] arguments) =>
        (await _fixture.RunAsync(arguments)).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
}
