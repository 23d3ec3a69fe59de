using System.Text;
using System.Text.Json.Nodes;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;

namespace Periplon.Tests.Api;

public sealed class ExecutionsApiTests
{
    private const string Route = "/api/v1/executions";
    private static readonly string _one = $"{Route}/{Samples.ExecutionId}";
    private static readonly string _body = $$"""{"workflow_id":"{{Samples.WorkflowId}}","input_params":{"who":"you"} }""";

    private static readonly string _golden = $$$"""
        {"id":"{{{Samples.ExecutionId}}}","workflow_id":"{{{Samples.WorkflowId}}}","workflow_name":"nightly","workflow_version":"1.0",
        "revision":1,"status":"queued","started_at":null,"completed_at":null,"created_at":"2026-11-23T12:00:00Z","triggered_by":null,
        "trigger_type":"manual","input_params":{"who":"world"},"result":null,"error":null,"retry_count":0,"parent_execution_id":null,
        "retry_of":null,"retried_by":null,
        "priority":0,"labels":{"team":"blue"},"wait_reason":"worker","next_wake_at":"2026-11-23T12:00:30Z"}
        """;

    [Fact]
    public async Task Start_KnownWorkflow_AnswersTheQueuedExecution()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        api.AddExecution();
        var answer = await api.PostAsync(Route, $$"""
            {"workflow_id":"{{Samples.WorkflowId}}","inputs":{ "who": "you" },"trigger_type":"api","priority":-5,
            "parent_execution_id":"{{Samples.ExecutionId}}","labels":{"team":"blue"} }
            """);
        var id = answer.Json["id"]!.GetValue<Guid>();
        answer.ShouldBeJson(201, $$"""
            {"id":"{{id}}","workflow_id":"{{Samples.WorkflowId}}","status":"queued","message":"Execution queued"}
            """);
        answer.Headers["Location"].ShouldBe($"{Route}/{id}");
        id.Version.ShouldBe(7);
        var started = api.Grains.Started[id];
        Encoding.UTF8.GetString(started.Inputs.Span).ShouldBe("""{ "who": "you" }""");
        (started.Priority, started.TriggerType, started.ParentExecutionId).ShouldBe((-5, "api", Samples.ExecutionId));
        started.Labels!["team"].ShouldBe("blue");
    }

    [Fact]
    public async Task Start_ParentOfAnotherOrganizationOrNone_IsRefused()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        var body = $$"""{"workflow":"nightly","parent_execution_id":"{{Samples.ExecutionId}}"}""";
        (await api.PostAsync(Route, body)).ShouldBeProblem(400).ShouldContain($"there is no execution {Samples.ExecutionId}");
        api.AddExecution();
        api.Stores.Executions[0] = api.Stores.Executions[0] with { Organization = "another" };
        (await api.PostAsync(Route, body, key: "order-18")).ShouldBeProblem(400).ShouldContain("parent_execution_id");
        api.Grains.StartCalls.ShouldBe(0);

        api.Stores.Executions[0] = api.Stores.Executions[0] with { Organization = "default" };
        (await api.PostAsync(Route, body)).Status.ShouldBe(201);
    }

    [Fact]
    public async Task Start_ByName_FindsTheWorkflow()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.PostAsync(Route, """{"workflow":"nightly"}""")).Json["workflow_id"]!.GetValue<Guid>().ShouldBe(Samples.WorkflowId);
        (await api.PostAsync(Route, """{"workflow":"none"}""")).ShouldBeProblem(404).ShouldContain("'none'");
        (await api.PostAsync(Route, $$"""{"workflow_id":"{{Guid.NewGuid()}}"}""")).ShouldBeProblem(404);
    }

    [Theory]
    [InlineData("{}", "either workflow_id or workflow")]
    [InlineData("""{"workflow_id":"x"}""", "'x' is not an id")]
    [InlineData("""{"workflow":"a","workflow_id":"018f0000-0000-7000-8000-000000000001"}""", "not both")]
    [InlineData("""{"workflow":"a","inputs":[1]}""", "inputs: must be a JSON object")]
    [InlineData("""{"workflow":"a","inputs":{},"input_params":{}}""", "one of them")]
    [InlineData("""{"workflow":"a","input_param":{}}""", "input_param: is not known")]
    [InlineData("""{"workflow":"a","priority":"high"}""", "'priority' has a value of the wrong kind")]
    [InlineData("""{"workflow":"a","labels":{"a:b":"c"}}""", "no colon")]
    [InlineData("""{"workflow":"a","labels":{"a":null}}""", "labels.a")]
    [InlineData("""{"workflow":"a","trigger_type":" "}""", "trigger_type")]
    [InlineData("""{"workflow":"a","trigger_type":"subflow"}""", "trigger_type: 'subflow' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"Subflow"}""", "trigger_type: 'Subflow' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"schedule"}""", "trigger_type: 'schedule' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"scheduled_manual"}""", "trigger_type: 'scheduled_manual' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"schedule_backfill"}""", "trigger_type: 'schedule_backfill' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"webhook"}""", "trigger_type: 'webhook' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"completion"}""", "trigger_type: 'completion' is a word of the engine's own")]
    [InlineData("""{"workflow":"a","trigger_type":"retry"}""", "trigger_type: 'retry' is a word of the engine's own")]
    [InlineData("""{"workflow":"a\u0000"}""", "workflow: must hold no control characters")]
    [InlineData("""{"workflow":"a","trigger_type":"a\u0000"}""", "trigger_type: must hold no control characters")]
    [InlineData("""{"workflow":"a","labels":{"a\u0000":"c"}}""", "holds no control characters")]
    [InlineData("""{"workflow":"a","labels":{"a":"c\u0000"}}""", "labels.a: must hold no control characters")]
    [InlineData("""{"workflow":"a",}""", "line 1, column")]
    public async Task Start_WrongBody_SaysWhat(string body, string expected)
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.PostAsync(Route, body)).ShouldBeProblem(400).ShouldContain(expected);
        api.Grains.StartCalls.ShouldBe(0);
    }

    [Theory]
    [InlineData(StartStatus.WorkflowNotFound, 404)]
    [InlineData(StartStatus.WorkflowInactive, 409)]
    [InlineData(StartStatus.InvalidInputs, 400)]
    [InlineData(StartStatus.NotRunnable, 422)]
    [InlineData(StartStatus.Conflict, 409)]
    public async Task Start_RefusedByTheWorkflow_AnswersWhy(StartStatus status, int expected)
    {
        await using var api = await ApiHost.StartAsync();
        api.Grains.NextStart = new StartResult
        {
            Status = status, Problems = [new Problem { Code = "PPL500", Severity = "error", Path = "inputs.who", Message = "is missing" }],
        };
        var answer = await api.PostAsync(Route, _body);
        answer.ShouldBeProblem(expected);
        if (status is StartStatus.InvalidInputs or StartStatus.NotRunnable)
        {
            answer.Json["errors"]![0]!["path"]!.GetValue<string>().ShouldBe("inputs.who");
        }
    }

    [Fact]
    public async Task Start_SameKey_AnswersTheSameIdAndRefusesAnotherBody()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        var first = await api.PostAsync(Route, _body, key: "order-17");
        var again = await api.PostAsync(Route, _body, key: "order-17");
        (first.Status, again.Status).ShouldBe((201, 201));
        again.Text.ShouldBe(first.Text);
        first.Headers.ShouldNotContainKey("Idempotency-Replayed");
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        (await api.PostAsync(Route, _body.Replace("you", "me", StringComparison.Ordinal), key: "order-17")).ShouldBeProblem(422);
        (await api.PostAsync(Route, _body, key: new string('k', 256))).ShouldBeProblem(400).ShouldContain("Idempotency-Key");
        api.Stores.Executions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Start_SameKeyByNameAfterTheNameIsGone_AsksTheWorkflowThatWasStarted()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        var first = await api.PostAsync(Route, """{"workflow":"nightly"}""", key: "order-18");
        var row = api.Stores.Workflows.Single();
        api.Stores.Workflows[0] = row with { Name = "renamed" };
        var again = await api.PostAsync(Route, """{"workflow":"nightly"}""", key: "order-18");
        (again.Status, again.Text).ShouldBe((201, first.Text));
        (await api.PostAsync(Route, """{"workflow":"nightly"}""", key: "order-19")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task Start_NoAnswerAtFirst_IsRepeatedWithTheSameId()
    {
        await using var api = await ApiHost.StartAsync(options => options.AnswerTimeout = TimeSpan.FromMinutes(5));
        api.AddWorkflow();
        api.Grains.UnansweredStarts = 2;
        (await AdvanceUntilDoneAsync(api, api.PostAsync(Route, _body))).Status.ShouldBe(201);
        api.Grains.StartCalls.ShouldBe(3);
        api.Stores.Executions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Start_NeverAnAnswer_IsUnavailableAndNamesTheId()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        api.Grains.UnansweredStarts = 100;
        var answer = await AdvanceUntilDoneAsync(api, api.PostAsync(Route, _body));
        answer.ShouldBeProblem(503).ShouldContain("outcome is unknown");
        answer.Headers["Retry-After"].ShouldBe("1");
        answer.Json["id"]!.GetValue<Guid>().Version.ShouldBe(7);
    }

    [Fact]
    public async Task Start_Wait_AnswersTheEndedExecution()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        api.Grains.OnWait = id => api.Grains.Finish(id, ExecutionStatus.Completed, """{"n":1}""");
        var answer = await api.PostAsync(Route + "?wait=30", _body);
        answer.Status.ShouldBe(201);
        answer.Json["status"]!.GetValue<string>().ShouldBe("completed");
        answer.Json["result"]!.ToJsonString().ShouldBe("""{"n":1}""");
        answer.Json["input_params"]!.ToJsonString().ShouldBe("""{"who":"you"}""");
    }

    [Fact]
    public async Task Start_WaitIsUp_AnswersTheStatusAsItIs()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        var answer = await api.PostAsync(Route + "?wait=25", _body);
        answer.Status.ShouldBe(201);
        answer.Json["status"]!.GetValue<string>().ShouldBe("queued");
        api.Time.GetUtcNow().Second.ShouldBe(25);
        (await api.PostAsync(Route + "?wait=301", _body)).ShouldBeProblem(400).ShouldContain("from 0 to 300");
    }

    [Fact]
    public async Task Get_QueuedExecution_ShowsTheRowWithTheGrainsView()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        api.Grains.SetView(Samples.ExecutionId, view => view with { Status = "running", RetryCount = 2 });
        var expected = JsonNode.Parse(_golden)!;
        (expected["status"], expected["retry_count"], expected["wait_reason"]) = ("running", 2, "task");
        (expected["total_tasks"], expected["settled_tasks"]) = (2, 1);
        (await api.GetAsync(_one)).ShouldBeJson(200, expected.ToJsonString());
    }

    [Fact]
    public async Task Get_EndedExecution_NeedsNoGrain()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        api.Grains.Finish(Samples.ExecutionId, ExecutionStatus.TimedOut);
        api.Grains.Views.Clear();
        (await api.GetAsync(_one + "?wait=300")).Json["status"]!.GetValue<string>().ShouldBe("timed_out");
    }

    [Theory]
    [InlineData("xyz", 400)]
    [InlineData("018f0000-0000-7000-8000-00000000ffff", 404)]
    public async Task Get_UnknownId_AnswersAProblemThatNamesIt(string id, int status)
    {
        await using var api = await ApiHost.StartAsync();
        foreach (var rest in new[] { "", "/tasks", "/events", "/logs", "/why", "/graph", "/approvals" })
        {
            (await api.GetAsync($"{Route}/{id}{rest}")).ShouldBeProblem(status).ShouldContain(id);
        }

        foreach (var rest in new[] { "/cancel", "/pause", "/resume", "/approve", "/reject", "/signal", "/webhooks/w" })
        {
            (await api.PostAsync($"{Route}/{id}{rest}", null)).ShouldBeProblem(status).ShouldContain(id);
        }
    }

    [Fact]
    public async Task List_OneExecution_ShowsTheRow()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.GetAsync(Route)).ShouldBeJson(
            200, $$"""{"executions":[{{_golden}}],"total":1,"offset":0,"limit":50,"next_cursor":null}""");
    }

    [Fact]
    public async Task List_Cursor_WalksThroughAllOnce()
    {
        await using var api = await ApiHost.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            api.Time.Advance(TimeSpan.FromSeconds(1));
            api.Grains.Add(Samples.Execution(ExecutionIds.New(api.Time), Samples.WorkflowId, api.Time));
        }

        var seen = new List<Guid>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await api.GetAsync($"{Route}?limit=2&cursor={cursor}")).Json;
            seen.AddRange(page["executions"]!.AsArray().Select(e => e!["id"]!.GetValue<Guid>()));
            page["total"]!.GetValue<int>().ShouldBe(5);
            cursor = page["next_cursor"]?.GetValue<string>();
        }

        seen.ShouldBe(Enumerable.Reverse(api.Stores.Executions).Select(row => row.Id));
    }

    [Fact]
    public async Task List_Filters_ReachTheStore()
    {
        await using var api = await ApiHost.StartAsync();
        await api.GetAsync($"{Route}?workflow_id={Samples.WorkflowId}&status=failed,timed_out&triggered_by=me&label=a:b:c&label=d:"
            + $"&created_after=2026-11-01T00:00:00+01:00&created_before=2026-12-01T00:00:00Z&parent={Samples.ExecutionId}");
        var filter = api.Stores.LastExecutionFilter!;
        filter.Organization.ShouldBe("default");
        filter.WorkflowId.ShouldBe(Samples.WorkflowId);
        filter.ParentExecutionId.ShouldBe(Samples.ExecutionId);
        filter.Statuses.ShouldBe([ExecutionStatus.Failed, ExecutionStatus.TimedOut]);
        filter.Labels.ShouldBe(new Dictionary<string, string> { ["a"] = "b:c", ["d"] = "" });
        filter.CreatedAfter.ShouldBe(new DateTimeOffset(2026, 10, 31, 23, 0, 0, TimeSpan.Zero));
        filter.CreatedBefore.ShouldBe(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
        filter.TriggeredBy.ShouldBe("me");
    }

    [Theory]
    [InlineData("status=done", "allowed are queued, running, waiting, paused, completed, failed, cancelled, timed_out")]
    [InlineData("limit=501", "from 1 to 500")]
    [InlineData("offset=10001", "from 0 to 10000")]
    [InlineData("label=x", "key:value")]
    [InlineData("label=x:1&label=x:2", "twice")]
    [InlineData("created_after=yesterday", "RFC 3339")]
    [InlineData("parent=x", "UUID")]
    [InlineData("cursor=abc", "next_cursor")]
    public async Task List_WrongValue_NamesTheAllowed(string query, string expected)
    {
        await using var api = await ApiHost.StartAsync();
        (await api.GetAsync($"{Route}?{query}")).ShouldBeProblem(400).ShouldContain(expected);
    }

    // The pauses between repeated calls are on the fake clock, which nobody else moves meanwhile. Small steps, so that it passes the
    // pauses and not the deadline as well while the server works.
    internal static async Task<ApiAnswer> AdvanceUntilDoneAsync(ApiHost api, Task<ApiAnswer> call)
    {
        while (!call.IsCompleted)
        {
            api.Time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return await call;
    }
}
