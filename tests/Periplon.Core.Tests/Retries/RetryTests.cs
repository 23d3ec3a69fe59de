using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Retries;
using Periplon.Core.Tests.Executions;

namespace Periplon.Core.Tests.Retries;

/// <summary>A retry keeps what is done, and runs again what did not end well and what depends on it.</summary>
public sealed class RetryTests
{
    private const string Chain = """
        tasks:
          a: {RUN}
          b: {RUN, depends_on: [a]}
          c: {RUN, depends_on: [b], inputs: {from: "${task.a.output}"}}
          other: {RUN}
        """;

    [Fact]
    public void Retry_AfterAFailure_RunsWhatFailedAndWhatWasSkippedByIt()
    {
        var ended = MachineHarness.Of(Chain);
        ended.Complete("a", "one");
        ended.Complete("other", "two");
        ended.Fail("b");
        ended.Statuses("a", "b", "c", "other").ShouldBe("a=completed b=failed c=skipped other=completed");

        var retry = ended.Retry();
        retry.Kept().ShouldBe("a other");
        retry.Ready.ShouldBe(["b"]);
        (retry.Task("a").Attempt, retry.Task("a").IsKept, retry.Task("a").Output!.Text).ShouldBe((0, true, "one"));
        retry.State.StartedAt.ShouldBeNull();
        retry.CompleteAll().ShouldBe(["b", "c"]);
        retry.State.Status.ShouldBe(ExecutionStatus.Completed);
        retry.Resolve("c", "task.a.output").ShouldBe("\"one\"");
        StateText.Of(retry.Replayed()).ShouldBe(StateText.Of(retry.State));
    }

    [Fact]
    public void Retry_FromATask_RunsItAndWhatDependsOnItAgain()
    {
        var ended = MachineHarness.Of(Chain);
        ended.CompleteAll(path => path);
        var retry = ended.Retry(new RetryChoice("b"));
        retry.Kept().ShouldBe("a other");
        retry.CompleteAll().ShouldBe(["b", "c"]);
    }

    [Fact]
    public void Retry_GroupThatCompletedWithAHandlerOfFailuresSkipped_KeepsTheGroupAsItWas()
    {
        var ended = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{x: {RUN}}, {mend: {RUN, depends_on: [x], if: failure()}}]}
              d: {RUN, depends_on: [g]}
              e: {RUN, depends_on: [d]}
            """);
        ended.Complete("g.x");
        ended.Complete("d");
        ended.Fail("e");
        var retry = ended.Retry();
        retry.Kept().Split(' ').ShouldBe(["g.x", "g.mend", "g", "d"], ignoreOrder: true);
        retry.CompleteAll().ShouldBe(["e"]);

        ended.Retry(new RetryChoice("g.x")).Kept().ShouldBe("", "the handler is asked again when anything in its group runs again");
    }

    [Fact]
    public void Retry_FromTheStart_KeepsNothing()
    {
        var ended = MachineHarness.Of(Chain);
        ended.CompleteAll();
        ended.Retry(new RetryChoice(FromStart: true)).CompleteAll().ShouldBe(["a", "other", "b", "c"], ignoreOrder: true);
    }

    [Fact]
    public void Retry_OfACompletedExecutionWithoutATask_HasNoWork()
    {
        var ended = MachineHarness.Of(Chain);
        ended.CompleteAll();
        RetryPlanner.Decide(ended.State, ended.Plan, new RetryChoice()).HasWork.ShouldBeFalse();
    }

    [Fact]
    public void Retry_FromAnUnknownTask_NamesTheNearest()
    {
        var ended = MachineHarness.Of("tasks: {build: {RUN}}");
        ended.CompleteAll();
        var problem = ended.Refuse(new RetryChoice("biuld")).ShouldHaveSingleItem();
        (problem.Field, problem.Message).ShouldBe(("from_task", "The workflow has no task 'biuld'. Did you mean 'build'?"));
    }

    [Fact]
    public void Retry_OfACancelledExecution_RunsWhatWasCancelled()
    {
        var ended = MachineHarness.Of(Chain);
        ended.Complete("a");
        ended.Complete("other");
        var token = ended.Claim("b");
        ended.Cancel();
        ended.Report("b", token, TaskOutcome.Cancelled());
        var retry = ended.Retry();
        retry.Kept().ShouldBe("a other");
        retry.CompleteAll().ShouldBe(["b", "c"]);
    }

    [Fact]
    public void Retry_OfARetry_KeepsWhatBothHaveDone()
    {
        var ended = MachineHarness.Of(Chain);
        ended.Complete("a", "one");
        ended.Complete("other");
        ended.Fail("b");
        var second = ended.Retry();
        second.Complete("b", "two");
        second.Fail("c");
        var third = second.Retry();
        third.Kept().ShouldBe("a b other");
        third.CompleteAll().ShouldBe(["c"]);
        (third.Task("a").Output!.Text, third.Task("b").Output!.Text).ShouldBe(("one", "two"));
    }

    [Fact]
    public void Retry_OfATaskThatRanAfterAFailure_RunsItAgain()
    {
        var ended = MachineHarness.Of("""
            tasks:
              work: {RUN}
              clean: {RUN, depends_on: [work], if: always()}
            """);
        ended.Fail("work");
        ended.Complete("clean");
        ended.Retry().CompleteAll().ShouldBe(["work", "clean"]);
    }

    [Fact]
    public void Retry_WithATaskSkippedByItsCondition_LeavesItSkippedUnlessConditionsAreAskedAgain()
    {
        var ended = MachineHarness.Of("""
            tasks:
              off: {RUN, if: "false"}
              after: {RUN, depends_on: [off]}
              bad: {RUN}
            """);
        ended.Complete("after");
        ended.Fail("bad");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("after off");
        retry.Task("off").Reason.ShouldBe(ended.Task("off").Reason);
        var asked = ended.Retry(new RetryChoice(AsksConditionsAgain: true));
        asked.Kept().ShouldBe("after");
        asked.Journal.OfType<TaskSkipped>().Single().Task.ShouldBe("off");
    }

    [Fact]
    public void Retry_OfATaskInAGroup_EntersTheGroupAgainAndKeepsTheOthersInIt()
    {
        var ended = MachineHarness.Of("""
            tasks:
              before: {subtasks: [{x: {RUN}}, {y: {RUN, depends_on: [x]}}], outputs: {sum: {value: "${task.before.x.output}!"}}}
              g: {depends_on: [before], subtasks: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}]}
              last: {RUN, depends_on: [g]}
            """);
        ended.Complete("before.x", "x");
        ended.Complete("before.y");
        ended.Complete("g.a", "a");
        ended.Fail("g.b");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("before before.x before.y g.a");
        retry.CompleteAll().ShouldBe(["g.b", "last"]);
        retry.Task("before").Output!.Values!["sum"].GetString().ShouldBe("x!");
        retry.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Retry_OfACompletedGroupWithADefinitionOfDone_DoesNotCheckItAgain()
    {
        var ended = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{a: {RUN}}], definition_of_done: {criteria: [{description: d, type: file_exists, path: x}]}}
              bad: {RUN, depends_on: [g]}
            """);
        ended.Complete("g.a");
        ended.Complete("g");
        ended.Fail("bad");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("g g.a");
        retry.Ready.ShouldBe(["bad"]);
    }

    [Fact]
    public void Retry_OfAGroupThatDidNotMeetItsDefinitionOfDone_RunsAllOfItAgain()
    {
        var ended = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{a: {RUN}}], definition_of_done: {max_retries: 0, criteria: [{description: d, type: file_exists, path: x}]}}
            """);
        ended.Complete("g.a");
        ended.Unmet("g");
        ended.State.Status.ShouldBe(ExecutionStatus.Failed);
        ended.Retry().Ready.ShouldBe(["g.a"]);
    }

    [Fact]
    public void Retry_WithAGroupWhoseWorkIsRepeated_KeepsATaskForTheFirstRoundOnly()
    {
        var ended = MachineHarness.Of("""
            tasks:
              g:
                subtasks: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}]
                definition_of_done: {max_retries: 2, criteria: [{description: d, type: file_exists, path: x}]}
            """);
        ended.Complete("g.a");
        ended.Fail("g.b");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("g.a");
        retry.Complete("g.b");
        retry.Unmet("g");
        retry.Ready.ShouldBe(["g.a"]);
        retry.Complete("g.a");
        retry.Complete("g.b");
        retry.Complete("g");
        retry.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Retry_WithLoops_KeepsAWholeLoopAndRunsTheOneThatFailedFromItsBeginning()
    {
        var ended = MachineHarness.Of("""
            tasks:
              done: {loop: {type: repeat, count: 2}, loop_control: {collect_results: true}, RUN}
              bad: {depends_on: [done], loop: {type: repeat, count: 2}, RUN}
            """);
        ended.Report("done[0]", ended.Claim("done[0]"), With("seen", "first")).ShouldBeTrue();
        ended.Report("done[1]", ended.Claim("done[1]"), With("seen", "second")).ShouldBeTrue();
        ended.Complete("bad[0]");
        ended.Fail("bad[1]");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("done");
        retry.Task("done").Output.ShouldBe(ended.Task("done").Output);
        retry.State.Values["seen"].GetString().ShouldBe("second");
        retry.CompleteAll().ShouldBe(["bad[0]", "bad[1]"]);
    }

    [Fact]
    public void Retry_FromATaskInsideALoop_RunsTheWholeLoopAgain()
    {
        var ended = MachineHarness.Of("""
            tasks:
              each: {loop: {type: repeat, count: 2}, subtasks: [{x: {RUN}}, {y: {RUN, depends_on: [x]}}]}
              last: {RUN, depends_on: [each]}
              beside: {RUN}
            """);
        ended.CompleteAll();
        var retry = ended.Retry(new RetryChoice("each[1].y"));
        retry.Kept().ShouldBe("beside");
        retry.CompleteAll().Count.ShouldBe(5);
    }

    [Fact]
    public void Retry_WithStateOfKeptTasks_HasTheLastValueThatTheyWrote()
    {
        var ended = MachineHarness.Of("""
            tasks:
              a: {RUN}
              b: {RUN}
              bad: {RUN, depends_on: [a, b]}
            """);
        var (first, second) = (ended.Claim("a"), ended.Claim("b"));
        ended.Report("b", second, With("k", "b")).ShouldBeTrue();
        ended.Tick(1);
        ended.Report("a", first, With("k", "a")).ShouldBeTrue();
        ended.Fail("bad");
        ended.Retry().State.Values["k"].GetString().ShouldBe("a");
        ended.Retry(new RetryChoice("a")).State.Values["k"].GetString().ShouldBe("b");
    }

    [Fact]
    public void Retry_WithASwitchAndASubflow_KeepsTheirOutputs()
    {
        var ended = MachineHarness.Of("""
            subflows: {child: {tasks: {x: {RUN}}}}
            tasks:
              pick: {switch: {on: two, cases: {one: [{a: {RUN}}], two: [{b: {RUN}}]}}}
              sub: {depends_on: [pick], subflow: child}
              bad: {RUN, depends_on: [sub]}
            """);
        ended.Complete("pick.b", "chosen");
        ended.EndChild("sub", ExecutionStatus.Completed, new { size = 3 });
        ended.Fail("bad");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("pick pick.b sub");
        retry.Task("sub").Output!.Values!["size"].GetInt32().ShouldBe(3);
        retry.Journal.OfType<TaskWaiting>().ShouldBeEmpty();
        retry.CompleteAll().ShouldBe(["bad"]);
    }

    [Fact]
    public void Retry_WithHandlersAndHooks_RunsThoseOfTheExecutionAgainAndNotThoseOfKeptTasks()
    {
        var ended = MachineHarness.Of("""
            finally: [{tidy: {RUN}}]
            tasks:
              a: {RUN, finally: [{own: {RUN}}]}
              b: {RUN, depends_on: [a]}
            """);
        ended.Complete("a");
        ended.CompleteAll(path => path).ShouldContain("b");
        var again = MachineHarness.Of("""
            finally: [{tidy: {RUN}}]
            tasks:
              a: {RUN, finally: [{own: {RUN}}]}
              b: {RUN, depends_on: [a]}
            """);
        again.Complete("a");
        again.Complete(again.Ready.Single());
        again.Fail("b");
        again.Complete(again.Ready.Single());
        var retry = again.Retry();
        retry.Kept().ShouldBe("a");
        var run = retry.CompleteAll();
        run[0].ShouldBe("b");
        run.Count.ShouldBe(2, string.Join(' ', run));
    }

    [Fact]
    public void Retry_WithAGroupThatAPersonEnded_KeepsItWithoutWhatIsInsideIt()
    {
        var ended = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{x: {RUN}}]}
              h: {subtasks: [{y: {RUN}}]}
              bad: {RUN, depends_on: [g, h]}
            """);
        ended.Do(turn => ExecutionCommands.Skip(turn, "g", null, null, JsonSerializer.SerializeToElement("by hand")));
        ended.Do(turn => ExecutionCommands.Skip(turn, "h", null, null, null));
        ended.Fail("bad");
        var retry = ended.Retry();
        retry.Kept().ShouldBe("g h");
        retry.State.Find("g.x").ShouldBeNull();
        retry.Task("g").Output!.Text.ShouldBe("by hand");
        retry.Fail("bad");
        retry.Retry().Kept().ShouldBe("g h");
        retry.Retry(new RetryChoice("g.x")).Ready.ShouldBe(["g.x"]);
    }

    [Fact]
    public void Retry_OnAnotherRevision_RunsWhatIsNewAndWhatDependsOnIt()
    {
        var ended = MachineHarness.Of(Chain);
        ended.Complete("a");
        ended.Complete("other");
        ended.Fail("b");
        var other = MachineHarness.Of("""
            tasks:
              a: {RUN}
              extra: {RUN, depends_on: [a]}
              b: {RUN, depends_on: [a]}
              other: {RUN, depends_on: [extra]}
            """).Plan;
        var retry = ended.Retry(plan: other);
        retry.Kept().ShouldBe("a");
        retry.CompleteAll().ShouldBe(["extra", "b", "other"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("tasks: {b: {RUN}, other: {RUN}}", "Task 'a' completed, and the other revision does not have it")]
    [InlineData(
        "tasks: {a: {sleep: {seconds: 1}}, b: {RUN}, other: {RUN}}",
        "Task 'a' completed as command, and the other revision has it as sleep")]
    public void Retry_OnARevisionThatKeptTasksDoNotFit_SaysWhich(string yaml, string message)
    {
        var ended = MachineHarness.Of(Chain);
        ended.Complete("a");
        ended.Complete("other");
        ended.Fail("b");
        var problem = ended.Refuse(new RetryChoice(), MachineHarness.Of(yaml).Plan).ShouldHaveSingleItem();
        (problem.Field, problem.Message).ShouldBe(("revision", message));
    }

    [Fact]
    public void Retry_UnderTheWorkflowsOwnLimit_AsksForItFirst()
    {
        var ended = MachineHarness.Of("concurrency: {key: k, limit: 1}\n" + Chain);
        ended.Do(turn => ExecutionCommands.Grant(turn, "", LimitKinds.Concurrency, null)).ShouldBeTrue();
        ended.Complete("a");
        ended.Complete("other");
        ended.Fail("b");
        var retry = ended.Retry();
        retry.State.Root.Wait!.Kind.ShouldBe(WaitKind.Concurrency);
        retry.Kept().ShouldBeEmpty();
        retry.Do(turn => ExecutionCommands.Grant(turn, "", LimitKinds.Concurrency, null)).ShouldBeTrue();
        retry.Kept().ShouldBe("a other");
    }

    private static TaskOutcome With(string key, string value) => TaskOutcome.Completed(new TaskOutput
    {
        State = new Dictionary<string, JsonElement> { [key] = JsonSerializer.SerializeToElement(value) },
    });
}
