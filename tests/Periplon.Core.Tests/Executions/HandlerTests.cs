using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary><c>on_failure</c>, <c>finally</c>, hooks, notifications, fallback agents, definitions of done, fail_fast.</summary>
public sealed class HandlerTests
{
    private const string Everything = """
        workflows: {main: {description: d, steps: [], hooks: {pre_workflow: [one, two], post_workflow: [p], on_error: [e]}}}
        notifications: {default_channels: [{type: console}], notify_on_start: true, notify_on_failure: false}
        on_failure: [{save: {RUN}}]
        finally: [{clean: {RUN}}]
        tasks: {a: {RUN}}
        """;

    [Theory]
    [InlineData("ok", "notify.0 pre_workflow.1 pre_workflow.2 a finally.clean post_workflow.1 notify.7", ExecutionStatus.Completed)]
    [InlineData("a", "notify.0 pre_workflow.1 pre_workflow.2 a on_failure.save finally.clean post_workflow.1 on_error.1 notify.8", ExecutionStatus.Failed)]
    [InlineData("pre_workflow.1", "notify.0 pre_workflow.1", ExecutionStatus.Failed)]
    [InlineData("notify.0", "notify.0 pre_workflow.1 pre_workflow.2 a finally.clean post_workflow.1 notify.7", ExecutionStatus.Completed)]
    [InlineData("post_workflow.1", "notify.0 pre_workflow.1 pre_workflow.2 a finally.clean post_workflow.1 notify.7", ExecutionStatus.Completed)]
    [InlineData(
        "finally.clean", "notify.0 pre_workflow.1 pre_workflow.2 a finally.clean post_workflow.1 on_error.1 notify.8", ExecutionStatus.Failed)]
    public void Workflow_OneTaskFails_RunsWhatBelongsToThatOutcome(string failing, string expected, ExecutionStatus status)
    {
        var run = MachineHarness.Of(Everything);
        string.Join(' ', RunAll(run, failing)).ShouldBe(expected);
        run.State.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData(false, "finally.clean post_workflow.1")]
    [InlineData(true, "")]
    public void Cancel_WhileTheWorkRuns_LeavesOutAllButFinallyAndPost_KillAll(bool kill, string expected)
    {
        var run = MachineHarness.Of(Everything);
        run.Complete("notify.0");
        run.Complete("pre_workflow.1");
        run.Complete("pre_workflow.2");
        var lease = run.Claim("a");
        run.Cancel(kill);
        run.Report("a", lease, TaskOutcome.Cancelled());
        string.Join(' ', run.CompleteAll()).ShouldBe(expected);
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
        run.State.Error.ShouldBe("cancelled by ann");
    }

    [Fact]
    public void Cancel_WhileFinallyRuns_LetsItEnd()
    {
        var run = MachineHarness.Of("finally: [{clean: {RUN}}, {more: {RUN, depends_on: [clean]}}]\ntasks: {a: {RUN, finally: [{own: {RUN}}]}}");
        run.Complete("a");
        run.Cancel();
        run.CompleteAll().ShouldBe(["a.finally.own", "finally.clean", "finally.more"]);
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
        run.Task("a").Status.ShouldBe(TaskRunStatus.Completed);
    }

    [Fact]
    public void Kill_WhileFinallyRuns_EndsItToo()
    {
        var run = MachineHarness.Of("finally: [{clean: {RUN}}, {more: {RUN, depends_on: [clean]}}]\ntasks: {a: {RUN}}");
        run.Complete("a");
        var lease = run.Claim("finally.clean");
        run.Cancel();
        run.Cancel(kill: true).ShouldBeTrue();
        run.Cancel(kill: true).ShouldBeFalse();
        run.Report("finally.clean", lease, TaskOutcome.Cancelled());
        run.Statuses("finally.clean", "finally.more").ShouldBe("finally.clean=cancelled finally.more=cancelled");
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
    }

    [Fact]
    public void TimeLimit_OfTheWorkflow_CountsAsAFailureForHandlersAndTellsThem()
    {
        var run = MachineHarness.Of("timeout_secs: 20\n" + Everything);
        run.Complete("notify.0");
        run.Complete("pre_workflow.1");
        run.Complete("pre_workflow.2");
        var lease = run.Claim("a");
        run.Tick(20);
        run.Report("a", lease, TaskOutcome.Cancelled());
        run.Complete("on_failure.save");
        run.Complete("finally.clean");
        run.Resolve("post_workflow.1", "execution.error").ShouldBe("\"The execution took longer than its limit of 20 s\"");
        run.CompleteAll().ShouldBe(["post_workflow.1", "on_error.1", "notify.8"]);
        run.State.Status.ShouldBe(ExecutionStatus.TimedOut);
    }

    [Fact]
    public void StopGrace_WorkerThatNeverConfirms_IsWaitedForNoLonger()
    {
        var run = MachineHarness.Of("finally: [{clean: {RUN}}]\ntasks: {a: {RUN}}");
        run.Claim("a");
        run.Cancel();
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start + ExecutionPlanner.StopGrace);
        run.Task("a").Reason.ShouldBe("worker w1 did not confirm the stop");
        run.CompleteAll().ShouldBe(["finally.clean"]);
    }

    [Theory]
    [InlineData("ok", "a a.finally.z a.notify.3", "completed")]
    [InlineData("a", "a a.on_failure.x a.on_failure.y a.finally.z a.notify.4", "failed")]
    [InlineData("a.finally.z", "a a.finally.z a.notify.4", "failed")]
    public void Task_Handlers_RunInOrderAndOnlyFinallyCanFailIt(string failing, string expected, string status)
    {
        var run = MachineHarness.Of("""
            tasks:
              a:
                command: {executable: "false"}
                on_failure: [{x: {RUN}}, {y: {RUN, depends_on: [x]}}]
                finally: [{z: {RUN}}]
                on_complete: {notify: well done}
                on_error: {notify: "it went wrong: ${metadata.error}"}
            """);
        string.Join(' ', RunAll(run, failing)).ShouldBe(expected);
        run.Task("a").Status.ToWord().ShouldBe(status);
    }

    [Fact]
    public void Task_FailedHandlers_ChangeOnlyWhatFinallyMay()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, on_failure: [{x: {RUN}}], finally: [{z: {RUN}}], on_error: {notify: n}}}");
        run.Fail("a");
        run.Fail("a.on_failure.x");
        run.Fail("a.finally.z");
        run.Resolve("a.notify.3", "metadata.task_status").ShouldBe("\"failed\"");
        run.Resolve("a.notify.3", "metadata.error").ShouldNotBeNull().ShouldContain("a.finally.z");
        run.Complete("a.notify.3");
        run.Task("a").Failure!.Message.ShouldBe("Task 'a.finally.z' failed: it failed");
    }

    [Fact]
    public void Task_HandlersInHandlers_AreDoneBeforeTheOuterGoesOn()
    {
        var run = MachineHarness.Of("""
            tasks:
              a: {RUN, on_failure: [{x: {RUN, finally: [{y: {RUN}}]}}]}
              after: {RUN, depends_on: [a], if: failure()}
            """);
        run.Fail("a");
        run.CompleteAll().ShouldBe(["a.on_failure.x", "a.on_failure.x.finally.y", "after"]);
    }

    [Fact]
    public void Handler_ThatNamesTasksOfTheWork_FindsThemAlsoWhenTheyNeverCameIntoBeing()
    {
        var run = MachineHarness.Of("""
            timeout_secs: 5
            workflows: {main: {description: d, steps: [], hooks: {pre_workflow: [one]}}}
            finally: [{report: {RUN, depends_on: [a]}}]
            tasks: {a: {RUN}}
            """);
        run.Tick(5);
        run.CompleteAll().ShouldBe(["finally.report"]);
        run.State.Status.ShouldBe(ExecutionStatus.TimedOut);
    }

    [Fact]
    public void FailFast_FirstFailure_CancelsTheRestButNotHandlers()
    {
        var run = MachineHarness.Of("""
            fail_fast: true
            tasks: {a: {RUN, on_failure: [{x: {RUN}}]}, b: {RUN}, g: {subtasks: [{c: {RUN}}, {d: {RUN}}]}}
            """);
        var lease = run.Claim("b");
        run.Fail("g.c");
        run.Statuses("a", "b", "g", "g.d").ShouldBe("a=cancelled b=running g=failed g.d=cancelled");
        run.Report("b", lease, TaskOutcome.Cancelled());
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void FallbackAgent_AfterTheFirstFailure_RunsAtOnceAndIsTheLast()
    {
        var run = MachineHarness.Of("""
            agents: {helper: {description: helps}}
            tasks: {a: {RUN, on_error: {retry: 5, fallback_agent: helper}}}
            """);
        run.Fail("a");
        run.Task("a").Agent.ShouldBe("helper");
        run.Ready.ShouldBe(["a"]);
        run.Fail("a");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
        run.Task("a").Attempt.ShouldBe(2);
    }

    [Fact]
    public void DefinitionOfDone_Unmet_CountsApartFromErrorsAndHasNoDelay()
    {
        var run = MachineHarness.Of("""
            tasks:
              a:
                command: {executable: "true"}
                retry: {max_attempts: 2, delay_secs: 50}
                definition_of_done: {max_retries: 2, criteria: [{type: file_exists, path: x, description: x}]}
            """);
        run.Unmet("a");
        run.Fail("a");
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(50));
        run.Unmet("a", "still not");
        run.Unmet("a", "never");
        run.Task("a").Attempt.ShouldBe(4);
        run.Task("a").Failure.ShouldBe(new TaskFailure(FailureKinds.DefinitionOfDone, "never"));
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void StopTask_OneOfSeveral_CancelsItWithItsInsideAndLetsItsFinallyRun()
    {
        var run = MachineHarness.Of("tasks: {g: {subtasks: [{a: {RUN}}, {b: {RUN}}], finally: [{z: {RUN}}]}, other: {RUN}}");
        run.Do(turn => ExecutionCommands.StopTask(turn, "g", "another needs the place")).ShouldBeTrue();
        run.Do(turn => ExecutionCommands.StopTask(turn, "g", "again")).ShouldBeFalse();
        run.Statuses("g.a", "g.b").ShouldBe("g.a=cancelled g.b=cancelled");
        run.CompleteAll().ShouldBe(["other", "g.finally.z"], ignoreOrder: true);
        run.Task("g").Status.ShouldBe(TaskRunStatus.Cancelled);
    }

    private static List<string> RunAll(MachineHarness run, string failing)
    {
        List<string> all = [];
        while (!run.State.Ready.IsEmpty && all.Count < 100)
        {
            all.Add(run.State.Ready.Min.Task.Path);
            if (all[^1] == failing)
            {
                run.Fail(failing);
            }
            else
            {
                run.Complete(all[^1]);
            }
        }

        return all;
    }
}
