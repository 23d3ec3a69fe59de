using System.Text;
using NSubstitute;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;

namespace Periplon.Tests.Api;

public sealed class ExecutionRetryApiTests
{
    private static readonly string _one = $"/api/v1/executions/{Samples.ExecutionId:D}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Retry_WithABody_ReachesTheWorkflowAndAnswersAsAStartDoes()
    {
        await using var api = await StartAsync();
        var sent = Answer(api, StartStatus.Started);
        var answer = await api.PostAsync(
            _one + "/retry", """{"from_task":"build","inputs":{"n":2},"revision":"latest"}""", key: "k-1");
        answer.Status.ShouldBe(201, answer.Text);
        var id = answer.Json["id"]!.GetValue<Guid>();
        answer.Headers["Location"].ShouldBe($"/api/v1/executions/{id:D}");
        (answer.Json["retry_of"]!.GetValue<Guid>(), answer.Json["status"]!.GetValue<string>()).ShouldBe((Samples.ExecutionId, "queued"));
        var request = sent.Single();
        (request.ExecutionId, request.Organization, request.RetryOf, request.FromTask, request.FromStart, request.Revision)
            .ShouldBe((id, "default", Samples.ExecutionId, "build", false, RetryExecution.LatestRevision));
        Encoding.UTF8.GetString(request.Inputs.Span).ShouldBe("""{"n":2}""");

        Answer(api, StartStatus.AlreadyStarted);
        var again = await api.PostAsync(_one + "/retry", """{"from_task":"build"}""", key: "k-1");
        (again.Status, again.Json["id"]!.GetValue<Guid>(), again.Headers["Idempotency-Replayed"]).ShouldBe((201, id, "true"));
        FakeAudit.Of(api).ShouldBe([("execution.retry", $"execution {Samples.ExecutionId:D}")], "the repetition did nothing");
    }

    [Fact]
    public async Task Retry_WithoutABody_KeepsTheRevisionAndEverythingThatIsDone()
    {
        await using var api = await StartAsync();
        var sent = Answer(api, StartStatus.Started);
        (await api.PostAsync(_one + "/retry", null)).Status.ShouldBe(201);
        var request = sent.Single();
        (request.FromTask, request.FromStart, request.Revision, request.Inputs.Length).ShouldBe((null, false, RetryExecution.SameRevision, 0));
    }

    [Theory]
    [InlineData("""{"from":"a"}""", "allowed are from_task, from_start, inputs, revision")]
    [InlineData("""{"from_task":"a","from_start":true}""", "from_start")]
    [InlineData("""{"from_task":""}""", "from_task")]
    [InlineData("""{"inputs":[1]}""", "inputs")]
    [InlineData("""{"revision":"newest"}""", "same, latest or the number")]
    [InlineData("""{"revision":0}""", "same, latest or the number")]
    public async Task Retry_WrongBody_NamesTheMistake(string body, string expected)
    {
        await using var api = await StartAsync();
        var sent = Answer(api, StartStatus.Started);
        var answer = await api.PostAsync(_one + "/retry", body);
        answer.ShouldBeProblem(400);
        answer.Text.ShouldContain(expected);
        sent.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(StartStatus.NotEnded, 409, "has not ended")]
    [InlineData(StartStatus.NothingToRetry, 409, "from_start: true")]
    [InlineData(StartStatus.WorkflowNotFound, 409, "was deleted")]
    [InlineData(StartStatus.WorkflowInactive, 409, "is not active")]
    [InlineData(StartStatus.ExecutionNotFound, 404, "not kept any more")]
    [InlineData(StartStatus.CannotKeep, 422, "It does not fit")]
    [InlineData(StartStatus.InvalidInputs, 400, "It does not fit")]
    [InlineData(StartStatus.Conflict, 422, "used before")]
    public async Task Retry_ThatCannotBeHad_SaysWhy(StartStatus status, int code, string expected)
    {
        await using var api = await StartAsync();
        Answer(api, status);
        var answer = await api.PostAsync(_one + "/retry", "{}", key: "k");
        answer.ShouldBeProblem(code).ShouldContain(expected);
    }

    [Theory]
    [InlineData("skipped", 200)]
    [InlineData("completed", 200)]
    [InlineData("running", 202)]
    public async Task Skip_OfATask_SaysWhatBecameOfIt(string detail, int code)
    {
        await using var api = await StartAsync();
        SkipTaskRequest? sent = null;
        Execution(api).SkipTaskAsync(default!, Ct).ReturnsForAnyArgs(call =>
        {
            sent = call.Arg<SkipTaskRequest>();
            return new SkipTaskResult(SkipTaskStatus.Done, detail);
        });
        var answer = await api.PostAsync(_one + "/tasks/loop%5B3%5D.child/skip", """{"reason":"no","output":{"n":1}}""");
        answer.Status.ShouldBe(code, answer.Text);
        (sent!.Task, sent.Reason, sent.Organization).ShouldBe(("loop[3].child", "no", "default"));
        Encoding.UTF8.GetString(sent.Output.Span).ShouldBe("""{"n":1}""");
        (await api.PostAsync(_one + "/tasks/a/skip", null)).Status.ShouldBe(code);
        sent.Output.IsEmpty.ShouldBeTrue();
        (await api.PostAsync(_one + "/tasks/a/skip", """{"why":1}""")).ShouldBeProblem(400).ShouldContain("allowed are reason, output");
        FakeAudit.Of(api).ShouldBe(Enumerable.Repeat(("execution.skip_task", $"execution {Samples.ExecutionId:D}"), 2));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task Skip_ThatWasDoneBefore_IsNotedWhenAnUnansweredCallMayHaveDoneIt(bool firstIsUnanswered, int noted)
    {
        await using var api = await StartAsync();
        var calls = 0;
        Execution(api).SkipTaskAsync(default!, Ct).ReturnsForAnyArgs(_ => ++calls == 1 && firstIsUnanswered
            ? throw new TimeoutException()
            : new SkipTaskResult(SkipTaskStatus.NoChange));
        var sent = api.PostAsync(_one + "/tasks/a/skip", null);
        (await ExecutionsApiTests.AdvanceUntilDoneAsync(api, sent)).Status.ShouldBe(200);
        FakeAudit.Of(api).Count(entry => entry.Action == "execution.skip_task").ShouldBe(noted);
    }

    [Theory]
    [InlineData(SkipTaskStatus.TaskNotFound, 404, "There is no task 'a' in execution")]
    [InlineData(SkipTaskStatus.TaskEnded, 409, "is detail")]
    [InlineData(SkipTaskStatus.TaskInHandlers, 409, "handlers")]
    [InlineData(SkipTaskStatus.TaskStopping, 409, "being stopped")]
    [InlineData(SkipTaskStatus.TaskNotThereYet, 409, "'detail' around it")]
    [InlineData(SkipTaskStatus.AlreadyFinished, 409, "already finished")]
    public async Task Skip_ThatCannotBe_SaysWhy(SkipTaskStatus status, int code, string expected)
    {
        await using var api = await StartAsync();
        Execution(api).SkipTaskAsync(default!, Ct).ReturnsForAnyArgs(new SkipTaskResult(status, "detail"));
        (await api.PostAsync(_one + "/tasks/a/skip", null)).ShouldBeProblem(code).ShouldContain(expected);
    }

    [Fact]
    public async Task Cancel_WithKill_LeavesOutHandlers()
    {
        await using var api = await StartAsync();
        (await api.PostAsync(_one + "/cancel", """{"kill":true}""")).Status.ShouldBe(202);
        api.Grains.LastControl!.Kill.ShouldBeTrue();
        FakeAudit.Of(api).ShouldBe([("execution.kill", $"execution {Samples.ExecutionId:D}")]);
        (await api.PostAsync(_one + "/pause", """{"kill":true}""")).ShouldBeProblem(400).ShouldContain("only a cancel can kill");
    }

    private static async Task<ApiHost> StartAsync()
    {
        var api = await ApiHost.StartAsync();
        api.AddExecution();
        return api;
    }

    private static List<RetryExecution> Answer(ApiHost api, StartStatus status)
    {
        var sent = new List<RetryExecution>();
        api.Grains.Factory.GetGrain<IWorkflowGrain>(Samples.WorkflowId.ToString("D")).RetryAsync(default!, Ct).ReturnsForAnyArgs(call =>
        {
            sent.Add(call.Arg<RetryExecution>());
            return new StartResult
            {
                Status = status,
                Problems = status is StartStatus.CannotKeep or StartStatus.InvalidInputs
                    ? [new Problem { Code = "retry", Severity = "error", Path = "revision", Message = "It does not fit" }]
                    : [],
            };
        });
        return sent;
    }

    private static IExecutionGrain Execution(ApiHost api) => api.Grains.Factory.GetGrain<IExecutionGrain>(Samples.ExecutionId.ToString("D"));
}
