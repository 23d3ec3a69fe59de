using Periplon.Client.Executions;
using Periplon.Client.Workers;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Executions;

public sealed class WaitViewsTests
{
    private static readonly Guid Token = Guid.NewGuid();
    private static readonly DateTimeOffset Now = Samples.Start;

    [Fact]
    public void Of_ReadyTask_WaitsForAWorkerWithItsTags()
    {
        var link = Single(Begin("", "a: worker_tags: [gpu]"));
        (link.Task, link.WaitsFor).ShouldBe(("a", "worker"));
        link.Message.ShouldContain("gpu");
        link.WakesAt.ShouldBeNull("its first worker finds it by its place in the queue");
        Single(Begin("timeout_secs: 90", "a: worker_tags: [gpu]")).WakesAt.ShouldBe(Now.AddSeconds(90));
        var second = WaitViews.Of(Samples.Claim(Begin("", "a", "b"), "a", Now, Token)).Single(each => each.Task == "b");
        second.WakesAt.ShouldBe(Now + ExecutionRows.SafetyInterval);
    }

    [Fact]
    public void Of_TaskThatWaitsForAPlaceWhileAnotherRuns_IsLookedAtAsSoonAsTheExecutionIs()
    {
        var state = Samples.Claim(Begin("", "a", "b: concurrency: k"), "a", Now, Token);
        WaitViews.Of(state).Single(each => each.WaitsFor == "concurrency").WakesAt.ShouldBe(Now + ExecutionRows.SafetyInterval);
    }

    [Theory]
    [InlineData("worker_tags: [gpu, linux]", "that carries the tags gpu, linux, and no live worker that takes work does", "with the tags gpu, linux")]
    [InlineData("worker_tags: [old]", "carries the tag old, and no live worker", "with the tag old")]
    public void Of_ReadyTaskThatNoLiveWorkerTakes_SaysWhichTagsAndWhichWorkersThereAre(string task, string message, string wakesBy)
    {
        LiveWorker[] workers = [Worker("w1", ["gpu"]), Worker("w2", []), Worker("w3", ["old"], draining: true), Worker("api", [], slots: 0)];
        var link = WaitViews.Of(Begin("", $"a: {task}"), workers: workers).ShouldHaveSingleItem();
        link.Message.ShouldContain(message);
        link.Message.ShouldEndWith("Live workers: w1 (the tag gpu); w2 (no tags); w3 (the tag old, stopping)");
        (link.HeldBy, link.WakesBy).ShouldBe(("nobody", $"a worker that joins the cluster {wakesBy}"));
    }

    [Fact]
    public void Of_ReadyTask_WithoutAnyWorkerAndWithOne()
    {
        var state = Begin("", "a: worker_tags: [gpu]");
        WaitViews.Of(state, workers: [Worker("api", ["gpu"], slots: 0)]).ShouldHaveSingleItem().Message.ShouldContain("There are no workers");
        var link = WaitViews.Of(state, workers: [Worker("w1", ["gpu", "linux"])]).ShouldHaveSingleItem();
        (link.HeldBy, link.Message).ShouldBe(("the queue", "Task 'a' waits for a free slot of a worker that carries the tag gpu"));
    }

    private static LiveWorker Worker(string name, string[] tags, int slots = 4, bool draining = false) =>
        new(name, new WorkerStats(slots, 0, 0, 0, draining, tags));

    [Fact]
    public void Of_RunningTask_IsHeldByItsWorkerAndComesBeforeWhatWaitsForIt()
    {
        var links = WaitViews.Of(Samples.Claim(Begin("", "a", "b: depends_on: [a]"), "a", Now, Token));
        links.Select(link => (link.Task, link.WaitsFor, link.HeldBy)).ShouldBe([("a", "attempt", "w1"), ("b", "dependency", "a")]);
        links[0].WakesAt.ShouldNotBeNull();
    }

    [Fact]
    public void Of_RetryDelay_TellsWhenAndWhy()
    {
        var state = Samples.Claim(Begin("", "a: retry: {max_attempts: 2, delay_secs: 60, jitter: 0}"), "a", Now, Token);
        var link = Single(Samples.Report(state, "a", Now, Token, Samples.Failed("no route")));
        (link.WaitsFor, link.WakesAt).ShouldBe(("retry_delay", Now.AddSeconds(60)));
        link.Message.ShouldContain("no route");
        link.Message.ShouldContain("attempt 2");
    }

    [Theory]
    [InlineData("sleep: 90", "sleep", "the timer", 90)]
    [InlineData("wait_for: {signal: go}", "signal", "the signal 'go'", null)]
    [InlineData("wait_for: {webhook: a b, timeout_secs: 60}", "webhook", "the webhook 'a b', or the end of the wait", 60)]
    [InlineData("approval: {message: 'Ship ${workflow.name}?', approvers: [bob], timeout_secs: 60}", "approval", "which fails the task", 60)]
    [InlineData("command: {executable: x}, rate_limit: {key: k, limit: 1}", "rate_limit", "its answer", 60)]
    [InlineData("command: {executable: x}, concurrency: k", "concurrency", "the end of one that holds a place", 300)]
    public void Of_TaskThatWaits_SaysForWhatAndWhatEndsIt(string task, string waitsFor, string wakesBy, int? wakesIn)
    {
        var link = Single(Samples.Begin(Samples.Workflow($"name: demo\nversion: '1'\ntasks: {{a: {{{task}}}}}"), Now).State);
        (link.Task, link.WaitsFor, link.Since).ShouldBe(("a", waitsFor, (DateTimeOffset?)Now));
        link.WakesBy.ShouldContain(wakesBy);
        link.WakesAt.ShouldBe(wakesIn is { } seconds ? Now.AddSeconds(seconds) : null);
        link.HeldBy.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Of_SignalAndApproval_SayHowToAnswer()
    {
        var state = Samples.Begin(
            Samples.Workflow("name: demo\nversion: '1'\ntasks: {a: {wait_for: {signal: go}}, b: {approval: {message: 'Ship ${workflow.name}?', approvers: [bob]}}}"),
            Now).State;
        var links = WaitViews.Of(state);
        links[0].Message.ShouldContain($"/api/v1/executions/{state.Created.ExecutionId:D}/signal");
        links[0].Message.ShouldContain("""-d '{"name": "go"}'""");
        links[1].Message.ShouldContain("Ship demo?");
        links[1].HeldBy.ShouldBe("bob");
    }

    [Fact]
    public void Of_MaxParallel_NamesWhatHoldsIt()
    {
        var link = WaitViews.Of(Begin("max_parallel: 1", "a", "b")).Single(each => each.Task == "b");
        (link.WaitsFor, link.HeldBy).ShouldBe(("max_parallel", "a"));
    }

    [Fact]
    public void Of_TaskInsideOthers_TellsTheLoopsAndGroupsAroundItToo()
    {
        const string Loop = """
            name: loops
            version: "1"
            tasks:
              outer:
                subtasks:
                  - each:
                      loop: {type: repeat, count: 5}
                      command: {executable: "true"}
            """;
        var state = Samples.Begin(Samples.Workflow(Loop), Now).State;
        state = Samples.Report(Samples.Claim(state, "outer.each[0]", Now, Token), "outer.each[0]", Now, Token, Samples.Done());
        var links = WaitViews.Of(Samples.Claim(state, "outer.each[1]", Now, Token));
        links.Select(link => (link.Task, link.WaitsFor, link.HeldBy)).ShouldBe(
            [("outer.each[1]", "attempt", "w1"), ("outer.each", "iterations", "outer.each[1]"), ("outer", "subtasks", "outer")]);
        links[1].Message.ShouldContain("begun 2 of at most 5 iterations");
    }

    [Fact]
    public void Of_Paused_BeginsWithTheResumeThatIsAwaited()
    {
        var state = Samples.Do(Begin("", "a"), Now, turn => ExecutionCommands.Pause(turn, "ada"));
        var first = WaitViews.Of(state)[0];
        (first.Task, first.WaitsFor, first.WakesBy).ShouldBe((null, "resume", "resume"));
    }

    [Fact]
    public void Of_Ending_WaitsForTheWorkersUntilTheGraceIsOver()
    {
        var state = Samples.Claim(Begin("", "a"), "a", Now, Token);
        state = Samples.Do(state, Now, turn => ExecutionCommands.Cancel(turn, null, null));
        var first = WaitViews.Of(state)[0];
        (first.WaitsFor, first.WakesAt).ShouldBe(("cancel", Now + ExecutionPlanner.StopGrace));
    }

    [Fact]
    public void Of_EveryStateThatIsNotTerminal_NamesSomething()
    {
        // Seeded walks: promise 3 holds in every state that any order of events reaches.
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var state = Begin("max_parallel: 2\ntimeout_secs: 3000", "a: retry: {max_attempts: 3, delay_secs: 5}", "b: depends_on: [a]", "c", "d: depends_on: [c]");
            var now = Now;
            for (var step = 0; step < 40 && !state.IsTerminal; step++)
            {
                now = now.AddSeconds(random.Next(4));
                state = Samples.Do(state, now, turn => Step(turn, random));
                var links = WaitViews.Of(state);
                if (state.IsTerminal)
                {
                    links.ShouldBeEmpty();
                    continue;
                }

                links.ShouldNotBeEmpty($"seed {seed}, step {step}");
                links.ShouldAllBe(link => link.WakesBy.Length > 0 && link.Message.Length > 0);
            }
        }
    }

    private static void Step(ExecutionTurn turn, Random random)
    {
        var state = turn.State;
        switch (random.Next(10))
        {
            case < 4 when !state.Ready.IsEmpty:
                var ready = state.Ready.Min.Task;
                ExecutionCommands.TryStart(turn, ready.Path, state.Task(ready).Attempt, "w", Guid.NewGuid());
                break;
            case < 8 when !state.Running.IsEmpty:
                var running = state.Running.Max.Task;
                var task = state.Task(running);
                ExecutionCommands.Report(turn, running.Path, task.Attempt, task.Token, random.Next(2) == 0 ? Samples.Done() : Samples.Failed(), 0);
                break;
            case 8:
                _ = state.IsPaused ? ExecutionCommands.Resume(turn, null) : ExecutionCommands.Pause(turn, null);
                break;
            case 9 when random.Next(4) == 0:
                ExecutionCommands.Cancel(turn, null, null);
                break;
        }
    }

    private static ExecutionState Begin(string head, params string[] tasks) => Samples.Begin(Samples.Workflow(head, tasks), Now).State;

    private static WaitView Single(ExecutionState state) => WaitViews.Of(state).ShouldHaveSingleItem();
}
