using Periplon.Core.Executions;
using Periplon.Core.Reuse;
using Periplon.Engine.Executions;
using Periplon.Engine.Limits;
using Periplon.Engine.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Periplon.Engine.Tests.Executions;

/// <summary>Limits of executions in one process.</summary>
public sealed class LocalLimitsTests
{
    private readonly FakeTimeProvider _time = new(Samples.Start);
    private readonly FakeAttempts _attempts = new();
    private readonly LocalLimits _limits;

    public LocalLimitsTests() => _limits = new LocalLimits(_time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Concurrency_TasksOfOneKey_RunOneAfterTheOther()
    {
        _attempts.Hold("a", "b", "c");
        await using var execution = await CreateAsync("", "a: concurrency: k", "b: concurrency: k", "c: concurrency: k");
        var run = execution.RunAsync(Ct);
        foreach (var (task, begun) in new[] { ("a", 1), ("b", 2), ("c", 3) })
        {
            await UntilAsync($"'{task}' runs", () => _attempts.Begun.Count == begun);
            execution.State.Waiting.Count.ShouldBe(3 - begun);
            _attempts.Finish(task);
        }

        (await run).Status.ShouldBe(ExecutionStatus.Completed);
        _attempts.Begun.ShouldBe(["a/1/1", "b/1/1", "c/1/1"]);
    }

    [Fact]
    public async Task Concurrency_OfTheWorkflow_IsSharedByTheExecutionsOfTheProcess()
    {
        _attempts.Hold("a");
        await using var first = await CreateAsync("concurrency: k", "a");
        await using var second = await CreateAsync("concurrency: k", "b");
        var firstRun = first.RunAsync(Ct);
        await UntilAsync("the first runs", () => _attempts.Begun.Count == 1);
        var secondRun = second.RunAsync(Ct);
        second.State.Status.ShouldBe(ExecutionStatus.Queued);
        _attempts.Finish("a");
        (await firstRun).Status.ShouldBe(ExecutionStatus.Completed);
        (await secondRun).Status.ShouldBe(ExecutionStatus.Completed);
        _attempts.Begun.ShouldBe(["a/1/1", "b/1/1"]);
    }

    [Fact]
    public async Task Concurrency_InterruptedHolder_LeavesItsPlaceToTheNext()
    {
        var first = await CreateAsync("concurrency: k", "a");
        var second = await CreateAsync("concurrency: k", "b");
        _attempts.Hold("a");
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var firstRun = first.RunAsync(interrupt.Token);
        await UntilAsync("the first runs", () => _attempts.Begun.Count == 1);
        await interrupt.CancelAsync();
        (await firstRun).IsTerminal.ShouldBeFalse();
        var secondRun = second.RunAsync(Ct);
        second.State.Status.ShouldBe(ExecutionStatus.Queued);
        await first.DisposeAsync();
        (await secondRun).Status.ShouldBe(ExecutionStatus.Completed);
        await second.DisposeAsync();
    }

    [Fact]
    public async Task Concurrency_Reject_FailsTheSecondTask()
    {
        _attempts.Hold("a");
        await using var execution = await CreateAsync("", "a: concurrency: {key: k, strategy: reject}", "b: concurrency: {key: k, strategy: reject}");
        var run = execution.RunAsync(Ct);
        await UntilAsync("the second has failed", () => execution.State.Find("b")!.Status is TaskRunStatus.Failed);
        _attempts.Finish("a");
        (await run).Find("b")!.Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKinds.Limit);
    }

    [Fact]
    public async Task RateLimit_TasksOfOneKey_StartAPeriodApart()
    {
        await using var execution = await CreateAsync("", "a: rate_limit: {key: k, limit: 1, period_secs: 30}", "b: rate_limit: {key: k, limit: 1, period_secs: 30}");
        var run = execution.RunAsync(Ct);
        await UntilAsync("the first is done and the other has its time", () =>
            execution.State.Find("a")!.Status is TaskRunStatus.Completed && execution.State.Find("b")!.DueAt is not null);
        execution.State.Find("b")!.DueAt.ShouldBe(Samples.Start.AddSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(30));
        (await run).Status.ShouldBe(ExecutionStatus.Completed);
        execution.State.Find("b")!.StartedAt.ShouldBe(Samples.Start.AddSeconds(30));
    }

    private Task<LocalExecution> CreateAsync(string head, params string[] tasks)
    {
        var workflow = Samples.Workflow(head, tasks);
        return LocalExecution.CreateAsync(
            new RevisionPlans(workflow), Samples.Created(workflow, _time.GetUtcNow()), new MemoryJournal(), _attempts,
            (_, _) => { }, _time, Ct, _limits);
    }

    private static Task UntilAsync(string what, Func<bool> condition) => Eventually.TrueAsync(what, () => Task.FromResult(condition()));
}
