using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary>Tasks inside tasks, and dependencies across them (reference §11).</summary>
public sealed class GroupingTests
{
    [Fact]
    public void Group_FiveLevelsDeep_WaitsForItsDependenciesAndEndsWithItsLastTask()
    {
        var run = MachineHarness.Of("""
            tasks:
              first: {RUN}
              a: {depends_on: [first], subtasks: [{b: {subtasks: [{c: {subtasks: [{d: {subtasks: [{e: {RUN}}, {f: {RUN, depends_on: [e]}}]}}]}}]}}]}
              last: {RUN, depends_on: [a]}
            """);
        run.CompleteAll().ShouldBe(["first", "a.b.c.d.e", "a.b.c.d.f", "last"]);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
        run.Statuses("a", "a.b", "a.b.c.d").ShouldBe("a=completed a.b=completed a.b.c.d=completed");
    }

    [Theory]
    [InlineData("x", "a.x")]
    [InlineData("a.x", "a.x")]
    [InlineData("y", "y")]
    [InlineData("b.x", "b.x")]
    [InlineData("b", "b.x")]
    public void DependsOn_NameInsideAGroup_MeansTheSiblingFirstThenOutwards(string name, string waitsFor)
    {
        var run = MachineHarness.Of($$$$"""
            tasks:
              x: {RUN}
              y: {RUN}
              a: {subtasks: [{x: {RUN}}, {asks: {RUN, depends_on: [{{{{name}}}}]}}]}
              b: {subtasks: [{x: {RUN}}]}
            """);
        run.Ready.ShouldBe(["x", "y", "a.x", "b.x"], ignoreOrder: true);
        run.Complete(waitsFor);
        run.Ready.ShouldContain("a.asks");
    }

    [Fact]
    public void DependsOn_TaskInsideAGroup_NeedsNotTheWholeGroup()
    {
        var run = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{a: {RUN}}, {b: {RUN}}]}
              after: {RUN, depends_on: [g.a]}
            """);
        run.Complete("g.a");
        run.Ready.ShouldBe(["after", "g.b"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("condition: {type: never}", "after=ready")]
    [InlineData("depends_on: [bad]", "after=skipped")]
    public void DependsOn_TaskInsideAGroupThatIsSkipped_FollowsTheGroup(string group, string expected)
    {
        var run = MachineHarness.Of($$$$"""
            tasks:
              bad: {RUN}
              g: { {{{{group}}}}, subtasks: [{a: {subtasks: [{deep: {RUN}}]}}]}
              after: {RUN, depends_on: [g.a.deep]}
            """);
        run.Fail("bad");
        run.Statuses("g", "g.a", "after").ShouldBe($"g=skipped g.a=none {expected}");
    }

    [Fact]
    public void DependsOn_TaskInsideAGroupThatALimitRefused_IsReleasedWithTheGroup()
    {
        var run = MachineHarness.Of("""
            tasks:
              g: {concurrency: k, subtasks: [{a: {RUN}}], finally: [{tidy: {RUN}}]}
              after: {RUN, if: always(), depends_on: [g.a]}
            """);
        run.Do(turn => ExecutionCommands.Refuse(turn, "g", LimitKinds.Concurrency, "no room"));
        run.CompleteAll().ShouldBe(["g.finally.tidy", "after"]);
    }

    [Fact]
    public void DependsOn_TaskInsideALoopOrSwitch_WaitsForTheWhole()
    {
        var run = MachineHarness.Of("""
            tasks:
              l: {loop: {type: repeat, count: 2}, subtasks: [{a: {RUN}}]}
              s: {switch: {on: x, cases: {x: [{b: {RUN}}]}}}
              after: {RUN, depends_on: [l.a, s.b]}
            """);
        run.Complete("s.b");
        run.Complete("l[0].a");
        run.Ready.ShouldBe(["l[1].a"]);
        run.Complete("l[1].a");
        run.Ready.ShouldBe(["after"]);
    }

    [Fact]
    public void DependsOn_HandlerOfATaskThatNeedsNone_WaitsForTheTask()
    {
        var run = MachineHarness.Of("""
            tasks:
              a: {RUN, on_failure: [{tidy: {RUN}}]}
              after: {RUN, depends_on: [a.tidy]}
            """);
        run.CompleteAll().ShouldBe(["a", "after"]);
    }

    [Fact]
    public void DependsOn_Circle_IsCutSomewhereSoThatTheExecutionEnds()
    {
        var run = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{a: {RUN, depends_on: [h.b]}}]}
              h: {subtasks: [{b: {RUN, depends_on: [g.a]}}]}
            """);
        run.CompleteAll().Count.ShouldBe(2);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Group_FailingTask_OthersEndAndTheGroupFailsWithItsMessage()
    {
        var run = MachineHarness.Of("""
            tasks:
              g: {subtasks: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}, {c: {RUN}}]}
              after: {RUN, depends_on: [g]}
            """);
        run.Fail("g.a");
        run.Statuses("g", "g.b").ShouldBe("g=running g.b=skipped");
        run.Complete("g.c");
        run.Statuses("g", "after").ShouldBe("g=failed after=skipped");
        run.State.Error.ShouldBe("Task 'g.a' failed: it failed");
    }

    [Theory]
    [InlineData("agent", "helper", "helper")]
    [InlineData("priority", "7", "7")]
    [InlineData("inject_context", "true", "True")]
    public void Group_FieldThatTheSubtaskLeavesOut_IsTheGroups(string field, string value, string expected)
    {
        var run = MachineHarness.Of($$$$"""
            agents: {helper: {description: helps} }
            tasks:
              g: {description: all, {{{{field}}}}: {{{{value}}}}, subtasks: [{a: {description: do it}}]}
            """);
        var child = run.Plan.Find("g.a")!.Definition;
        var found = field switch { "agent" => child.Agent, "priority" => $"{child.Priority}", _ => $"{child.InjectContext}" };
        found.ShouldBe(expected);
    }

    [Fact]
    public void Group_OnError_IsInheritedUnlessTheSubtaskHasItsOwnRetry()
    {
        var run = MachineHarness.Of("""
            tasks:
              g: {on_error: {retry: 2}, subtasks: [{a: {RUN}}, {b: {RUN, on_error: {retry: 0}}}]}
            """);
        run.Fail("g.a");
        run.Task("g.a").Status.ShouldBe(TaskRunStatus.Waiting);
        run.Fail("g.b");
        run.Task("g.b").Status.ShouldBe(TaskRunStatus.Failed);
    }

    [Fact]
    public void Defaults_RetryAndOnError_RetryWinsAsItDoesOnATask()
    {
        var run = MachineHarness.Of("""
            defaults: {retry: {max_attempts: 4}, on_error: {retry: 1}}
            tasks: {a: {RUN}}
            """);
        run.Plan.Find("a")!.Retry.MaxAttempts.ShouldBe(4);
    }

    [Fact]
    public void Group_DefinitionOfDoneNotMet_RunsItsTasksAgainUnderNewAttempts()
    {
        var run = MachineHarness.Of("""
            tasks:
              g:
                definition_of_done: {max_retries: 1, criteria: [{type: file_exists, path: x, description: x is there}]}
                subtasks: [{inner: {subtasks: [{a: {RUN}}]}}, {b: {RUN, depends_on: [inner.a]}}]
            """);
        run.Complete("g.inner.a");
        run.Complete("g.b");
        run.Unmet("g");
        run.Ready.ShouldBe(["g.inner.a"], "in the second round too, b waits for a");
        run.Task("g.inner.a").Attempt.ShouldBe(2);
        run.CompleteAll().ShouldBe(["g.inner.a", "g.b", "g"]);
        run.Task("g").Attempt.ShouldBe(2);
        run.Journal.OfType<TaskScheduled>().GroupBy(e => (e.Task, e.Attempt)).ShouldAllBe(attempt => attempt.Count() == 1);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData(true, TaskRunStatus.Failed)]
    [InlineData(false, TaskRunStatus.Completed)]
    public void Group_DefinitionOfDoneNeverMet_EndsAsFailOnUnmetSays(bool fails, TaskRunStatus expected)
    {
        var run = MachineHarness.Of($$$$"""
            tasks:
              g:
                definition_of_done: {max_retries: 1, fail_on_unmet: {{{{(fails ? "true" : "false")}}}}, criteria: [{type: file_exists, path: x, description: x}]}
                subtasks: [{a: {RUN}}]
            """);
        for (var round = 0; round < 2; round++)
        {
            run.Complete("g.a");
            run.Unmet("g");
        }

        run.Task("g").Status.ShouldBe(expected);
        run.State.IsTerminal.ShouldBeTrue();
    }

    [Fact]
    public void Group_CheckWithoutAFreePlace_WaitsForOne()
    {
        var run = MachineHarness.Of("""
            max_parallel: 1
            tasks:
              long: {RUN}
              g:
                definition_of_done: {criteria: [{type: file_exists, path: x, description: x}]}
                subtasks: [{nap: {sleep: 5}}]
            """);
        var lease = run.Claim("long");
        run.NextTimer();
        run.Task("g").Status.ShouldBe(TaskRunStatus.Waiting);
        run.Report("long", lease, MachineHarness.Done());
        run.Ready.ShouldBe(["g"]);
        run.State.Retries.ShouldBe(0);
    }

    [Fact]
    public void Group_Timeout_StopsWhatIsInsideAndFails()
    {
        var run = MachineHarness.Of("""
            tasks:
              g: {timeout_secs: 10, subtasks: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}], finally: [{tidy: {RUN}}]}
            """);
        var lease = run.Claim("g.a");
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(10));
        run.Statuses("g.a", "g.b").ShouldBe("g.a=running g.b=cancelled");
        run.Report("g.a", lease, TaskOutcome.Cancelled()).ShouldBeTrue();
        run.CompleteAll().ShouldBe(["g.finally.tidy"]);
        run.Task("g").Failure!.Kind.ShouldBe(FailureKinds.Timeout);
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }
}
