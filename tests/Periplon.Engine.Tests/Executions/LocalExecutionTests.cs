using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Executions;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Engine.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Executions;

public sealed class LocalExecutionTests
{
    private const string Retry = "retry: {max_attempts: 3, delay_secs: 60, backoff: 2, jitter: 0}";

    private readonly FakeTimeProvider _time = new(Samples.Start);
    private readonly MemoryJournal _journal = new();
    private readonly FakeAttempts _attempts = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Dag_RunsEachTaskOnceInItsOrderAndCompletes()
    {
        await using var execution = await CreateAsync("", "a", "b: depends_on: [a]", "c: depends_on: [a]", "d: depends_on: [b, c]");
        var state = await execution.RunAsync(Ct);

        state.Status.ShouldBe(ExecutionStatus.Completed);
        _attempts.Begun[0].ShouldBe("a/1/1");
        _attempts.Begun[3].ShouldBe("d/1/1");
        _attempts.Begun.Count.ShouldBe(4);
        _journal.Row.Status.ShouldBe(ExecutionStatus.Completed);
        _journal.Row.CompletedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Run_IndependentTasks_RunTogetherUpToMaxParallel()
    {
        _attempts.Hold("a", "b", "c");
        await using var execution = await CreateAsync("max_parallel: 2", "a", "b", "c");
        var run = execution.RunAsync(Ct);
        await BegunAsync(2);
        execution.State.Open.ShouldHaveSingleItem();
        _attempts.Finish("b");
        await BegunAsync(3);
        _attempts.Finish("a");
        _attempts.Finish("c");
        (await run).Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public async Task Run_FailingTask_IsRetriedAtTheTimeOfItsTimer()
    {
        _attempts.Answer("a", offer => offer.Attempt < 3 ? Samples.Failed() : Samples.Done());
        await using var execution = await CreateAsync("", $"a: {Retry}");
        var run = execution.RunAsync(Ct);
        await UntilAsync("the first retry waits", () => !execution.State.Delayed.IsEmpty);
        execution.State.Status.ShouldBe(ExecutionStatus.Waiting);

        _time.Advance(TimeSpan.FromSeconds(59));
        _attempts.Begun.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync("the second retry waits", () => !execution.State.Delayed.IsEmpty && execution.State.Retries == 2);
        _time.Advance(TimeSpan.FromSeconds(120));
        (await run).Status.ShouldBe(ExecutionStatus.Completed);
        _attempts.Begun.ShouldBe(["a/1/1", "a/2/1", "a/3/1"]);
    }

    [Fact]
    public async Task Run_TimerThatFiresEarly_IsSetAgain()
    {
        // Timers count in whole milliseconds of another clock: one may fire before the wall clock has reached its time.
        var early = new EarlyTimeProvider(_time);
        _attempts.Answer("a", offer => offer.Attempt < 2 ? Samples.Failed() : Samples.Done());
        await using var execution = await CreateAsync(early, "", $"a: {Retry}");
        var run = execution.RunAsync(Ct);
        await UntilAsync("the retry waits", () => !execution.State.Delayed.IsEmpty);

        await AdvanceUntilAsync(run);
        (await run).Status.ShouldBe(ExecutionStatus.Completed);
        early.FiredEarly.ShouldBeTrue();
    }

    [Theory]
    [InlineData("", "a: retry: {max_attempts: 2, delay_secs: 8000000, max_delay_secs: 8000000, jitter: 0}")]
    [InlineData("timeout_secs: 8000000", "a: retry: {max_attempts: 2, delay_secs: 60, jitter: 0}")]
    public async Task Run_TimeFurtherAwayThanATimerReaches_IsWaitedForInParts(string head, string task)
    {
        _attempts.Answer("a", offer => offer.Attempt < 2 ? Samples.Failed() : Samples.Done());
        await using var execution = await CreateAsync(head, task);
        var run = execution.RunAsync(Ct);
        await UntilAsync("the retry waits", () => !execution.State.Delayed.IsEmpty);

        await AdvanceUntilAsync(run, TimeSpan.FromHours(12));
        (await run).Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public async Task Run_WorkflowOverItsTime_StopsWhatRunsAndTimesOut()
    {
        _attempts.Hold("a");
        await using var execution = await CreateAsync("timeout_secs: 90", "a", "b: depends_on: [a]");
        var run = execution.RunAsync(Ct);
        await BegunAsync(1);
        _time.Advance(TimeSpan.FromSeconds(90));
        var state = await run;

        state.Status.ShouldBe(ExecutionStatus.TimedOut);
        _attempts.Stopped.ShouldBe(["a"]);
        _attempts.Begun.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Cancel_WhileTasksRun_StopsThemAllAndEnds()
    {
        _attempts.Hold("a", "b");
        await using var execution = await CreateAsync("", "a", "b", "c: depends_on: [a]");
        var run = execution.RunAsync(Ct);
        await BegunAsync(2);
        await execution.CancelAsync("enough");
        var state = await run;

        state.Status.ShouldBe(ExecutionStatus.Cancelled);
        state.Error.ShouldBe("enough");
        _attempts.Stopped.Order().ShouldBe(["a", "b"]);
        state.Tasks.Values.Where(task => task.Instance.Around is not null).ShouldAllBe(task => task.Status == TaskRunStatus.Cancelled);
    }

    [Fact]
    public async Task Interrupt_WhileTasksRun_LeavesThemToTheNextRunAndRepeatsNothingRecorded()
    {
        var workflow = Samples.Workflow("", "a", "b: depends_on: [a]", "c: depends_on: [b]");
        _attempts.Hold("b");
        await using (var execution = await CreateAsync(_time, workflow))
        {
            using var interrupt = new CancellationTokenSource();
            var run = execution.RunAsync(interrupt.Token);
            await BegunAsync(2);
            await interrupt.CancelAsync();
            var state = await run;
            state.IsTerminal.ShouldBeFalse();
            state.Running.ShouldBeEmpty("what ran was handed back");
        }

        _journal.Row.Status.IsTerminal().ShouldBeFalse();
        var again = new FakeAttempts();
        await using var resumed = await LocalExecution.ResumeAsync(
            new RevisionPlans(workflow), _journal.Row.Id, _journal, again, static (_, _) => { }, _time, Ct);
        (await resumed.RunAsync(Ct)).Status.ShouldBe(ExecutionStatus.Completed);
        again.Begun.ShouldBe(["b/1/2", "c/1/1"]);
    }

    [Fact]
    public async Task Resume_AfterACrash_RunsLostAttemptsAgainUnderTheSameNumber()
    {
        var workflow = Samples.Workflow("", "a", "b: depends_on: [a]");
        _attempts.Hold("b");
        await using var crashed = await CreateAsync(_time, workflow);
        var lost = crashed.RunAsync(Ct);
        await BegunAsync(2);

        var again = new FakeAttempts();
        await using var resumed = await LocalExecution.ResumeAsync(
            new RevisionPlans(workflow), _journal.Row.Id, _journal, again, static (_, _) => { }, _time, Ct);
        (await resumed.RunAsync(Ct)).Status.ShouldBe(ExecutionStatus.Completed);
        again.Begun.ShouldBe(["b/1/2"]);

        // The one that was thought dead cannot record anything any more.
        _attempts.Finish("b");
        await Should.ThrowAsync<Periplon.Engine.Storage.JournalConflictException>(lost);
        _journal.Events.OfType<TaskCompleted>().Count(e => e.Task == "b").ShouldBe(1);
    }

    [Fact]
    public async Task Resume_DuringARetryDelay_KeepsTheTimeOfTheRetry()
    {
        var workflow = Samples.Workflow("", $"a: {Retry}");
        _attempts.Answer("a", _ => Samples.Failed());
        await using (var execution = await CreateAsync(_time, workflow))
        {
            using var interrupt = new CancellationTokenSource();
            var run = execution.RunAsync(interrupt.Token);
            await UntilAsync("the retry waits", () => !execution.State.Delayed.IsEmpty);
            await interrupt.CancelAsync();
            await run;
        }

        var again = new FakeAttempts();
        await using var resumed = await LocalExecution.ResumeAsync(
            new RevisionPlans(workflow), _journal.Row.Id, _journal, again, static (_, _) => { }, _time, Ct);
        var second = resumed.RunAsync(Ct);
        _time.Advance(TimeSpan.FromSeconds(59));
        again.Begun.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await second).Status.ShouldBe(ExecutionStatus.Completed);
        again.Begun.ShouldBe(["a/2/1"]);
    }

    [Fact]
    public async Task Run_JournalThatRefuses_EndsWithItsError()
    {
        await using var execution = await CreateAsync("", "a");
        _journal.Before = _ => throw new IOException("the disk is full");
        (await Should.ThrowAsync<IOException>(execution.RunAsync(Ct))).Message.ShouldBe("the disk is full");
    }

    [Fact]
    public async Task Run_RunnerThatThrows_EndsWithItsError()
    {
        _attempts.Answer("a", _ => throw new InvalidOperationException("a defect"));
        await using var execution = await CreateAsync("", "a");
        await Should.ThrowAsync<InvalidOperationException>(execution.RunAsync(Ct));
    }

    private Task<LocalExecution> CreateAsync(string head, params string[] tasks) => CreateAsync(_time, Samples.Workflow(head, tasks));

    private Task<LocalExecution> CreateAsync(TimeProvider time, string head, params string[] tasks) =>
        CreateAsync(time, Samples.Workflow(head, tasks));

    private Task<LocalExecution> CreateAsync(TimeProvider time, WorkflowDefinition workflow) => LocalExecution.CreateAsync(
        new RevisionPlans(workflow), Samples.Created(workflow, _time.GetUtcNow()), _journal, _attempts, static (_, _) => { }, time, Ct);

    private Task BegunAsync(int count) => UntilAsync($"{count} attempts have begun", () => _attempts.Begun.Count >= count);

    private static Task UntilAsync(string what, Func<bool> condition) => Eventually.TrueAsync(what, () => Task.FromResult(condition()));

    private Task AdvanceUntilAsync(Task end, TimeSpan? step = null) => UntilAsync("it has ended", () =>
    {
        _time.Advance(step ?? TimeSpan.FromSeconds(1));
        return end.IsCompleted;
    });

    /// <summary>A clock whose first timer fires a little before its time.</summary>
    private sealed class EarlyTimeProvider(FakeTimeProvider inner) : TimeProvider
    {
        public bool FiredEarly { get; private set; }

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new EarlyTimer(this);
            timer.Inner = inner.CreateTimer(callback, state, dueTime, period);
            return timer;
        }

        private sealed class EarlyTimer(EarlyTimeProvider owner) : ITimer
        {
            public ITimer Inner { get; set; } = null!;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var early = TimeSpan.FromSeconds(2);
                if (owner.FiredEarly || dueTime <= early)
                {
                    return Inner.Change(dueTime, period);
                }

                owner.FiredEarly = true;
                return Inner.Change(dueTime - early, period);
            }

            public void Dispose() => Inner.Dispose();

            public ValueTask DisposeAsync() => Inner.DisposeAsync();
        }
    }
}
