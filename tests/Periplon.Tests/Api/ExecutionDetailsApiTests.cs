using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Api.Executions;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Logs;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Api;

public sealed class ExecutionDetailsApiTests
{
    private static readonly string _one = $"/api/v1/executions/{Samples.ExecutionId}";

    [Fact]
    public async Task Tasks_ListsEachAsItStands()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var answer = await api.GetAsync(_one + "/tasks");
        answer.Json["total"]!.GetValue<int>().ShouldBe(2);
        JsonNode.DeepEquals(answer.Json["tasks"]![0], JsonNode.Parse("""
            {"id":"build","status":"completed","kind":"script","description":"Builds","attempt":1,"delivery":1,"worker":null,
            "scheduled_at":null,"started_at":null,"completed_at":null,"output":"ok","output_truncated":false,"output_size":2,
            "output_artifact":null,"outputs":{"n":1},"exit_code":0,"error":null,"error_kind":null,"reason":null,"depends_on":[],
            "parent":null,"iteration":null,"phase":null,"child_execution_id":null,"number":1,
            "labels":{"team":"data"},"kept":false}
            """)).ShouldBeTrue(answer.Text);
    }

    [Fact]
    public async Task Tasks_ByPage_GoOnWhereThePageBeforeEnded()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var first = (await api.GetAsync(_one + "/tasks?limit=1")).Json;
        first["tasks"]!.AsArray().Select(task => task!["id"]!.GetValue<string>()).ShouldBe(["build"]);
        first["total"]!.GetValue<int>().ShouldBe(2);
        var second = (await api.GetAsync(_one + $"/tasks?limit=1&after={first["next_after"]}")).Json;
        second["tasks"]!.AsArray().Select(task => task!["id"]!.GetValue<string>()).ShouldBe(["test"]);
        second["next_after"].ShouldBeNull();
        (await api.GetAsync(_one + "/tasks?limit=1001&after=x")).Json["errors"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Graph_HasANodePerTaskAndAnEdgePerDependency()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.GetAsync(_one + "/graph")).ShouldBeJson(200, $$"""
            {"execution_id":"{{Samples.ExecutionId}}","status":"queued","nodes":[
            {"id":"build","kind":"script","description":"Builds","status":"completed","attempt":1,"started_at":null,"completed_at":null,"depends_on":[],"parent":null},
            {"id":"test","kind":"command","description":"","status":"ready","attempt":0,"started_at":null,"completed_at":null,"depends_on":["build"],"parent":null}],
            "edges":[{"from":"build","to":"test"}]}
            """);
    }

    [Fact]
    public async Task Why_ShowsTheChain_AndOnceEndedSaysSo()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.GetAsync(_one + "/why")).ShouldBeJson(200, $$"""
            {"execution_id":"{{Samples.ExecutionId}}","status":"queued","message":"The execution waits for task 'test'","why":[
            {"task":null,"waits_for":"task","message":"The execution waits for task 'test'","held_by":null,"wakes_by":"task","wakes_at":null,"since":null},
            {"task":"test","waits_for":"worker","message":"Task 'test' waits for a worker","held_by":"default/3","wakes_by":"sweep","wakes_at":null,"since":null}]}
            """);
        api.Grains.Finish(Samples.ExecutionId, ExecutionStatus.Completed);
        (await api.GetAsync(_one + "/why")).ShouldBeJson(200, $$"""
            {"execution_id":"{{Samples.ExecutionId}}","status":"completed","message":"The execution has ended: completed","why":[]}
            """);
    }

    [Theory]
    [InlineData(-60, 30, 30)]
    [InlineData(20, 30, 20)]
    [InlineData(-60, null, null)]
    [InlineData(null, 30, null)]
    public void Why_TimeThatHasPassed_IsTheNextLookAtTheExecution(int? link, int? row, int? expected)
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(9);
        DateTimeOffset? At(int? seconds) => seconds is { } some ? now.AddSeconds(some) : null;
        var wait = new WaitView { WaitsFor = "concurrency", Message = "It waits", WakesBy = "the sweep", WakesAt = At(link) };
        WaitObject.From(wait, At(row), now).WakesAt.ShouldBe(At(expected));
    }

    [Fact]
    public async Task Get_QueuedWithoutATimeLimit_HasNoNextWake()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.GetAsync(_one)).Json["next_wake_at"].ShouldNotBeNull();
        api.Stores.Executions[0] = api.Stores.Executions[0] with { NextWakeAt = api.Stores.Executions[0].CreatedAt };
        (await api.GetAsync(_one)).Json["next_wake_at"].ShouldBeNull("it is found by its place in the queue");
        (await api.GetAsync("/api/v1/executions")).Json["executions"]![0]!["next_wake_at"].ShouldBeNull();
    }

    [Fact]
    public async Task Events_PagesByRowAndHidesTokens()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var at = api.Time.GetUtcNow();
        api.Stores.Journal[Samples.ExecutionId] =
        [
            new JournalRow(1, EventCodec.Encode([
                new TaskScheduled { At = at, Task = "build", Attempt = 1 },
                new TaskStarted { At = at, Task = "build", Attempt = 1, Delivery = 1, Worker = "w", Token = Guid.NewGuid() }]), at),
            new JournalRow(2, EventCodec.Encode([new ExecutionPaused { At = at, By = "me" }]), at),
        ];
        (await api.GetAsync(_one + "/events?limit=2")).ShouldBeJson(200, $$"""
            {"execution_id":"{{Samples.ExecutionId}}","events":[
            {"seq":1,"type":"task_scheduled","attempt":1,"task":"build","at":"2026-11-23T12:00:00+00:00"},
            {"seq":1,"type":"task_started","attempt":1,"delivery":1,"worker":"w","task":"build","at":"2026-11-23T12:00:00+00:00"}],
            "next_after_seq":1}
            """);
        (await api.GetAsync(_one + "/events?after_seq=1")).ShouldBeJson(200, $$"""
            {"execution_id":"{{Samples.ExecutionId}}","events":[
            {"seq":2,"type":"execution_paused","by":"me","at":"2026-11-23T12:00:00+00:00"}],"next_after_seq":null}
            """);
        (await api.GetAsync(_one + "/events?after_seq=-1&limit=0")).ShouldBeProblem(400);
    }

    [Fact]
    public async Task Events_MasksSecretInputs()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var at = api.Time.GetUtcNow();
        var created = new ExecutionCreated
        {
            At = at, ExecutionId = Samples.ExecutionId, Organization = "default", WorkflowId = Samples.WorkflowId, Revision = 1,
            WorkflowName = "w", WorkflowVersion = "1", SecretInputs = ["pin"],
            Inputs = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>("""{"pin":"hunter2","who":"me"}""")!,
        };
        api.Stores.Journal[Samples.ExecutionId] = [new JournalRow(1, EventCodec.Encode([created]), at)];
        var answer = await api.GetAsync(_one + "/events");
        answer.Text.ShouldNotContain("hunter2");
        answer.Json["events"]![0]!["inputs"]!.ToJsonString().ShouldBe("""{"pin":"***","who":"me"}""");
    }

    [Fact]
    public async Task Logs_FiltersAndPages()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        api.Stores.Lines.AddRange([Line(api, 4, "one"), Line(api, 5, "two", level: "error"), Line(api, 9, "three", task: null)]);
        (await api.GetAsync(_one + "/logs?limit=1&after=4")).ShouldBeJson(200, $$$"""
            {"execution_id":"{{{Samples.ExecutionId}}}","logs":[{"id":5,"execution_id":"{{{Samples.ExecutionId}}}",
            "task_execution_id":"{{{Samples.ExecutionId}}}/build/1","timestamp":"2026-11-23T12:00:00Z","level":"error","message":"two",
            "metadata":{"task":"build","attempt":1,"stream":"stdout"}}],"total":1,"next_after":5,"finished":false}
            """);
        (await api.GetAsync(_one + "/logs?level=error")).Json["total"]!.GetValue<int>().ShouldBe(1);
        (await api.GetAsync(_one + "/logs?task=build")).Json["total"]!.GetValue<int>().ShouldBe(2);
        (await api.GetAsync(_one + "/logs?level=loud")).ShouldBeProblem(400).ShouldContain("debug, info, warning, error");
        (await api.GetAsync(_one + "/logs?wait=31")).ShouldBeProblem(400).ShouldContain("from 0 to 30");
    }

    [Fact]
    public async Task Logs_Wait_AnswersAsSoonAsThereIsALine()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var looks = 0;
        api.Grains.OnWait = _ =>
        {
            if (++looks == 3)
            {
                api.Stores.Lines.Add(Line(api, 7, "late"));
            }
        };
        var answer = (await api.GetAsync(_one + "/logs?wait=30")).Json;
        answer["logs"]![0]!["message"]!.GetValue<string>().ShouldBe("late");
        answer["next_after"]!.GetValue<long>().ShouldBe(7);
        answer["finished"]!.GetValue<bool>().ShouldBeFalse();
        looks.ShouldBe(3);
    }

    [Fact]
    public async Task Logs_Wait_EndsWithTheExecutionOrTheTime()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var empty = (await api.GetAsync(_one + "/logs?wait=30&after=3")).Json;
        empty["finished"]!.GetValue<bool>().ShouldBeFalse();
        empty["next_after"]!.GetValue<long>().ShouldBe(3);
        api.Grains.OnWait = id => api.Grains.Finish(id, ExecutionStatus.Failed);
        (await api.GetAsync(_one + "/logs?wait=30")).Json["finished"]!.GetValue<bool>().ShouldBeTrue();
        api.Stores.Lines.Add(Line(api, 1, "full page"));
        (await api.GetAsync(_one + "/logs?limit=1")).Json["finished"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task Cancel_WaitsForTheEnd()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        api.Grains.OnWait = id => api.Grains.Finish(id, ExecutionStatus.Cancelled);
        (await api.PostAsync(_one + "/cancel", """{"reason":"wrong branch"}""")).ShouldBeJson(200, $$"""
            {"id":"{{Samples.ExecutionId}}","status":"cancelled","message":"Execution cancelled","completed_at":"2026-11-23T12:00:00Z"}
            """);
        api.Grains.LastControl!.Reason.ShouldBe("wrong branch");
        var again = await api.PostAsync(_one + "/cancel", null);
        again.ShouldBeProblem(400).ShouldContain("already finished");
        again.Json["id"]!.GetValue<Guid>().ShouldBe(Samples.ExecutionId);
    }

    [Fact]
    public async Task Cancel_TaskDoesNotStopInTime_AnswersCancelling()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        var answer = await api.PostAsync(_one + "/cancel", null);
        answer.Status.ShouldBe(202);
        answer.Json["status"]!.GetValue<string>().ShouldBe("cancelling");
        api.Time.GetUtcNow().Second.ShouldBe(10);
        (await api.PostAsync(_one + "/cancel", """{"reason":7}""")).ShouldBeProblem(400).ShouldContain("'reason'");
    }

    [Fact]
    public async Task PauseAndResume_AnswerTheStatus()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.PostAsync(_one + "/pause", null)).ShouldBeJson(200, $$"""
            {"id":"{{Samples.ExecutionId}}","status":"paused","message":"Execution paused: what runs goes on, nothing new starts"}
            """);
        (await api.PostAsync(_one + "/pause", null)).Json["message"]!.GetValue<string>().ShouldBe("The execution was paused already");
        (await api.PostAsync(_one + "/resume", "{}")).Json["status"]!.GetValue<string>().ShouldBe("running");
        api.Grains.Finish(Samples.ExecutionId, ExecutionStatus.Completed);
        (await api.PostAsync(_one + "/resume", null)).ShouldBeProblem(400);
    }

    private static LogEntry Line(ApiHost api, long id, string message, string level = "info", string? task = "build") => new()
    {
        Id = id, ExecutionId = Samples.ExecutionId, Task = task, Attempt = task is null ? 0 : 1, At = api.Time.GetUtcNow(), Level = level,
        Stream = task is null ? "engine" : "stdout", Message = message,
    };
}
