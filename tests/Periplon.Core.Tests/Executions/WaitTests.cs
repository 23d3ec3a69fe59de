using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary>Sleep, signals, approvals and child executions (design §8.8).</summary>
public sealed class WaitTests
{
    [Theory]
    [InlineData("30", 30)]
    [InlineData("2m", 120)]
    [InlineData("\"${workflow.delay}\"", 45)]
    [InlineData("{until: 2026-11-23T12:01:00Z}", 60)]
    [InlineData("{until: 2020-01-01T00:00:00Z}", 0)]
    [InlineData("0", 0)]
    public void Sleep_AnyForm_EndsAtItsTime(string sleep, double seconds)
    {
        var run = MachineHarness.Of($"tasks: {{nap: {{sleep: {sleep}}}}}", ("delay", 45));
        run.State.Status.ShouldBe(ExecutionStatus.Waiting);
        while (!run.State.IsTerminal)
        {
            run.Now = ExecutionPlanner.NextTimer(run.State)!.Value is var next && next > run.Now ? next : run.Now;
            run.Do(_ => true);
        }

        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(seconds));
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("soon", "Task 'nap' failed: The sleep is 'soon'; allowed is a number of seconds from 0")]
    [InlineData(-1, "Task 'nap' failed: The sleep is '-1'; allowed is a number of seconds from 0")]
    public void Sleep_ValueThatIsNoTime_FailsTheTask(object delay, string error) =>
        MachineHarness.Of("tasks: {nap: {sleep: \"${workflow.delay}\"}}", ("delay", delay)).State.Error.ShouldBe(error);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WaitFor_SignalBeforeOrDuringTheWait_IsTakenOnceOldestFirst(bool early)
    {
        var run = MachineHarness.Of("tasks: {first: {RUN}, w: {wait_for: go, depends_on: [first]}, w2: {wait_for: go, depends_on: [w]}}");
        if (!early)
        {
            run.Complete("first");
        }

        run.Signal("other", 0).ShouldBeTrue();
        run.Signal("go", new { n = 1 }, key: "k1").ShouldBeTrue();
        run.Signal("go", new { n = 9 }, key: "k1").ShouldBeFalse("the same key counts once");
        run.Signal("go", new { n = 2 }).ShouldBeTrue();
        if (early)
        {
            run.Complete("first");
        }

        run.State.Status.ShouldBe(ExecutionStatus.Completed);
        run.Task("w").Output!.Text.ShouldBe("{\"n\":1}");
        run.Task("w2").Output!.Values!["payload"].GetProperty("n").GetInt32().ShouldBe(2);
        run.State.Signals.Keys.ShouldBe(["signal:other"]);
    }

    [Theory]
    [InlineData("wait_for: {signal: go, timeout_secs: 5, default: {ok: false}}", "completed", "{\"ok\":false}", null)]
    [InlineData("wait_for: {signal: go, timeout_secs: 5}", "failed", null, "No signal 'go' came in time")]
    [InlineData("wait_for: {webhook: paid}, timeout_secs: 5", "failed", null, "No webhook 'paid' came in time")]
    [InlineData("approval: {timeout_secs: 5, default: approve}", "completed", "approved", null)]
    [InlineData("approval: {timeout_secs: 5, default: reject}", "failed", "rejected", "Rejected: nobody decided in time")]
    [InlineData("approval: {timeout_secs: 5}", "failed", null, "No approval came in time")]
    public void Wait_NothingComesInTime_EndsAsItsDefaultSays(string wait, string status, string? output, string? failure)
    {
        var run = MachineHarness.Of($"tasks: {{w: {{{wait}}}}}");
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(5));
        var task = run.Task("w");
        (task.Status.ToWord(), task.Output?.Text, task.Failure?.Message).ShouldBe((status, output, failure));
    }

    [Theory]
    [InlineData(true, ExecutionStatus.Completed, null)]
    [InlineData(false, ExecutionStatus.Failed, "Task 'ask' failed: Rejected by ann: hm")]
    public void Approval_Decision_EndsTheTaskAndIsReadable(bool approved, ExecutionStatus status, string? error)
    {
        var run = MachineHarness.Of("tasks: {ask: {approval: Ship it?}, after: {RUN, if: always(), depends_on: [ask]}}");
        run.Do(turn => ExecutionCommands.Decide(turn, "ask", approved, "ann", "hm")).ShouldBeTrue();
        run.Do(turn => ExecutionCommands.Decide(turn, "ask", !approved, "bob", null)).ShouldBeFalse("it is decided");
        run.Resolve("after", "task.ask.approved").ShouldBe(approved ? "true" : "false");
        run.Resolve("after", "task.ask.by").ShouldBe("\"ann\"");
        run.CompleteAll();
        (run.State.Status, run.State.Error).ShouldBe((status, error));
    }

    [Fact]
    public void Subflow_ChildThatEndsWell_PublishesItsOutputs()
    {
        var run = MachineHarness.Of("""
            subflows: {part: {inputs: {x: {type: string}}, tasks: {a: {RUN}}}}
            tasks: {s: {subflow: part, inputs: {x: "${workflow.y}/1"}}, after: {RUN, depends_on: [s]}}
            """, ("y", "up"));
        var wait = run.Task("s").Wait!;
        wait.Inputs!["x"].GetString().ShouldBe("up/1");
        wait.Child.ShouldBe(ChildIds.Of(run.State.Created.ExecutionId, "s", 1, MachineHarness.Start));
        run.EndChild("s", ExecutionStatus.Completed, new { size = 3 }).ShouldBeTrue();
        run.Resolve("after", "task.s.size").ShouldBe("3");
    }

    [Theory]
    [InlineData(ExecutionStatus.Failed, "failed")]
    [InlineData(ExecutionStatus.Cancelled, "cancelled")]
    [InlineData(ExecutionStatus.TimedOut, "timed_out")]
    public void Subflow_ChildThatDoesNotEndWell_IsAskedForAgainAndThenFails(ExecutionStatus status, string word)
    {
        var run = MachineHarness.Of("""
            subflows: {part: {tasks: {a: {RUN}}}}
            tasks: {s: {subflow: part, retry: {max_attempts: 2, delay_secs: 4}}}
            """);
        var first = run.Task("s").Wait!.Child!.Value;
        run.EndChild("s", status).ShouldBeTrue();
        run.State.Waiting.ShouldBeEmpty("it waits for the time of its retry only");
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(4));
        var second = run.Task("s").Wait!.Child!.Value;
        second.ShouldNotBe(first);
        run.Do(turn => ExecutionCommands.EndChild(
            turn, new ChildEnded { At = turn.Now, Task = "s", Child = first, Status = ExecutionStatus.Completed }, 0)).ShouldBeFalse();
        run.EndChild("s", status).ShouldBeTrue();
        run.State.Error.ShouldBe($"Task 's' failed: Subflow 'part' ({second}) ended as {word}: no luck");
        run.State.Retries.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Subflow_OutOfTime_WaitsForTheChildsEndOrTheGraceAndFails(bool confirms)
    {
        var run = MachineHarness.Of("""
            subflows: {part: {tasks: {a: {RUN}}}}
            tasks: {s: {subflow: part, timeout_secs: 10}}
            """);
        run.NextTimer();
        run.State.FindStop(run.Task("s").Instance).ShouldNotBeNull();
        run.State.IsTerminal.ShouldBeFalse();
        if (confirms)
        {
            run.EndChild("s", ExecutionStatus.Cancelled).ShouldBeTrue();
        }
        else
        {
            run.NextTimer();
            run.Now.ShouldBe(MachineHarness.Start.AddSeconds(10) + ExecutionPlanner.StopGrace);
        }

        run.Task("s").Failure!.Message.ShouldBe("The subflow took longer than its limit of 10 s");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Subflow_OutOfTimeWithRetries_IsAskedForAgain()
    {
        var run = MachineHarness.Of("""
            subflows: {part: {tasks: {a: {RUN}}}}
            tasks: {s: {subflow: part, timeout_secs: 10, retry: {max_attempts: 2, delay_secs: 3}}}
            """);
        run.NextTimer();
        run.EndChild("s", ExecutionStatus.Cancelled).ShouldBeTrue();
        run.Task("s").Stop.ShouldBeNull();
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(13));
        run.EndChild("s", ExecutionStatus.Completed).ShouldBeTrue();
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("sleep: 60")]
    [InlineData("wait_for: go")]
    [InlineData("approval: true")]
    [InlineData("subflow: part")]
    [InlineData("command: {executable: x}, concurrency: k")]
    [InlineData("command: {executable: x}, rate_limit: {limit: 1}")]
    public void Cancel_WhileWaiting_EndsTheWait(string wait)
    {
        var run = MachineHarness.Of($"subflows: {{part: {{tasks: {{a: {{RUN}}}}}}}}\ntasks: {{w: {{{wait}}}}}");
        run.Cancel();
        if (run.Task("w").Wait is { Kind: WaitKind.Child })
        {
            run.EndChild("w", ExecutionStatus.Cancelled).ShouldBeTrue();
        }

        run.Task("w").Status.ShouldBe(TaskRunStatus.Cancelled);
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
    }

    [Theory]
    [InlineData("sleep: 60")]
    [InlineData("wait_for: {signal: go, timeout: 60}")]
    [InlineData("approval: {timeout_secs: 60, default: approve}")]
    public void Pause_WhileWaiting_HoldsTimersUntilResumed(string wait)
    {
        var run = MachineHarness.Of($"tasks: {{w: {{{wait}}}}}");
        run.Pause().ShouldBeTrue();
        run.Pause().ShouldBeFalse();
        run.Tick(100);
        run.State.Status.ShouldBe(ExecutionStatus.Paused);
        ExecutionPlanner.NextTimer(run.State).ShouldBeNull();
        run.Resume().ShouldBeTrue();
        run.State.IsTerminal.ShouldBeTrue("what became due meanwhile follows at once");
    }

    [Fact]
    public void Pause_AnswerThatComesMeanwhile_IsTakenButNothingNewBegins()
    {
        var run = MachineHarness.Of("tasks: {w: {wait_for: go}, after: {RUN, depends_on: [w]}}");
        run.Pause();
        run.Signal("go");
        run.Statuses("w", "after").ShouldBe("w=completed after=pending");
        run.Resume();
        run.Ready.ShouldBe(["after"]);
    }

    [Fact]
    public void Pause_ThenCancel_CleansUpWithoutBeingResumed()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, finally: [{tidy: {RUN}}]}}\nfinally: [{last: {RUN}}]");
        var lease = run.Claim("a");
        run.Pause();
        run.Cancel();
        run.Report("a", lease, TaskOutcome.Cancelled());
        run.CompleteAll().ShouldBe(["a.finally.tidy", "finally.last"]);
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
    }

    [Theory]
    [InlineData("${workflow.mode}", "fast", "s.one")]
    [InlineData("${workflow.mode}", 2, "s.two")]
    [InlineData("${workflow.mode}", true, "s.three")]
    [InlineData("${workflow.mode}", "else", "s.other")]
    public void Switch_Value_RunsTheCaseWithItsText(string on, object mode, string expected)
    {
        var run = MachineHarness.Of($$$$"""
            tasks:
              s:
                switch:
                  on: "{{{{on}}}}"
                  cases: {fast: [{one: {RUN}}], 2: [{two: {RUN}}], true: [{three: {RUN}}]}
                  default: [{other: {RUN}}]
              after: {RUN, depends_on: [s]}
            """, ("mode", mode));
        run.CompleteAll().ShouldBe([expected, "after"]);
    }

    [Fact]
    public void Switch_NoCaseAndNoDefault_CompletesWithoutWork()
    {
        var run = MachineHarness.Of("tasks: {s: {switch: {on: x, cases: {y: [{a: {RUN}}]}}}, after: {RUN, depends_on: [s]}}");
        run.CompleteAll().ShouldBe(["after"]);
        run.Task("s").Status.ShouldBe(TaskRunStatus.Completed);
    }

    [Fact]
    public void Switch_FailureInside_FailsTheSwitch()
    {
        var run = MachineHarness.Of("tasks: {s: {switch: {on: x, cases: {x: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}]}}}}");
        run.Fail("s.a");
        run.Statuses("s", "s.b").ShouldBe("s=failed s.b=skipped");
    }

    [Fact]
    public void Grant_RateWithATime_StartsTheTaskThenAndConcurrencyAtOnce()
    {
        var run = MachineHarness.Of("tasks: {w: {RUN, concurrency: \"k/${workflow.x}\", rate_limit: {key: r, limit: 1}}}", ("x", 1));
        run.State.Status.ShouldBe(ExecutionStatus.Waiting);
        run.Task("w").Wait.ShouldBe(new TaskWait(WaitKind.Concurrency, "k/1", At: run.Now));
        run.Do(turn => ExecutionCommands.Grant(turn, "w", LimitKinds.Rate, null)).ShouldBeFalse();
        run.Do(turn => ExecutionCommands.Grant(turn, "w", LimitKinds.Concurrency, run.Now.AddSeconds(5))).ShouldBeTrue();
        run.Task("w").Wait!.Kind.ShouldBe(WaitKind.Rate);
        run.Do(turn => ExecutionCommands.Grant(turn, "w", LimitKinds.Rate, run.Now.AddSeconds(9))).ShouldBeTrue();
        run.State.Ready.ShouldBeEmpty();
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(9));
        run.Complete("w");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    // Whoever stood in line during an outage would start with all others otherwise.
    [Theory]
    [InlineData(1, 5, false)]
    [InlineData(1, 6, true)]
    [InlineData(3600, 3600, false)]
    [InlineData(3600, 3601, true)]
    public void RateTimer_LaterThanAPeriod_AsksForAStartAgain(int period, int late, bool asksAgain)
    {
        var run = MachineHarness.Of($"tasks: {{w: {{RUN, rate_limit: {{key: r, limit: 1, period_secs: {period}}}}}}}");
        var due = run.Now.AddSeconds(20);
        run.Do(turn => ExecutionCommands.Grant(turn, "w", LimitKinds.Rate, due)).ShouldBeTrue();
        run.Tick(20 + late);
        run.State.Ready.IsEmpty.ShouldBe(asksAgain);
        if (asksAgain)
        {
            run.Task("w").Wait.ShouldBe(new TaskWait(WaitKind.Rate, "r", At: run.Now));
            run.Do(turn => ExecutionCommands.Grant(turn, "w", LimitKinds.Rate, null)).ShouldBeTrue();
        }

        run.Complete("w");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Concurrency_WithoutAKeyInASubflow_IsNotThatOfATaskOfTheSameNameOutside()
    {
        var workflow = MachineHarness.Of("tasks: {deploy: {RUN, concurrency: {limit: 1}}}");
        var name = workflow.Task("deploy").Wait!.Name;
        var created = workflow.State.Created with { Subflow = "release" };
        var turn = new ExecutionTurn(ExecutionMachine.Start(workflow.Plan, created), MachineHarness.Start);
        ExecutionPlanner.Advance(turn);
        turn.State.Find("deploy")!.Wait!.Name.ShouldNotBe(name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refuse_OfTheWholeExecution_FailsItBeforeAnythingBegins(bool failFast)
    {
        var run = MachineHarness.Of($"concurrency: k\nfail_fast: {(failFast ? "true" : "false")}\ntasks: {{a: {{RUN}}}}");
        run.State.Status.ShouldBe(ExecutionStatus.Queued);
        run.Do(turn => ExecutionCommands.Refuse(turn, "", LimitKinds.Concurrency, "two are under way"));
        (run.State.Status, run.State.Error).ShouldBe((ExecutionStatus.Failed, "two are under way"));
        run.Journal.OfType<TaskStopRequested>().ShouldBeEmpty();
    }
}
