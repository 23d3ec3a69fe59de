using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary>Stages (reference §13) and task groups (reference §23).</summary>
public sealed class StageTests
{
    [Theory]
    [InlineData("sequential", "a")]
    [InlineData("parallel", "a b")]
    public void Stage_Mode_SaysHowManyOfItsTasksRunAtOnce(string mode, string ready)
    {
        var run = MachineHarness.Of($$$$"""
            workflows: {main: {description: d, steps: [{stage: s, mode: {{{{mode}}}}, agents: [], tasks: [{a: {RUN}}, {b: {RUN}}]}]}}
            """);
        string.Join(' ', run.Ready).ShouldBe(ready);
        run.CompleteAll();
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("sequential", "b=cancelled c=skipped")]
    [InlineData("parallel", "b=ready c=none")]
    public void Stage_FailingTask_EndsASequentialStageAndSkipsWhatDependsOnIt(string mode, string expected)
    {
        var run = MachineHarness.Of($$$$"""
            workflows:
              main:
                description: d
                steps:
                  - {stage: s, mode: {{{{mode}}}}, agents: [], tasks: [{a: {RUN}}, {b: {RUN}}]}
                  - {stage: t, depends_on: [s], agents: [], tasks: [{c: {RUN}}]}
            """);
        run.Fail("a");
        var c = run.State.Find("stage:t")!.Status is TaskRunStatus.Skipped ? "skipped" : "none";
        $"{run.Statuses("b")} c={c}".ShouldBe(expected);
    }

    [Fact]
    public void Stage_Hooks_RunAfterEachStageWithItsName()
    {
        var run = MachineHarness.Of("""
            workflows:
              main:
                description: d
                steps:
                  - {stage: s, agents: [], tasks: [{a: {RUN}}]}
                  - {stage: t, depends_on: [s], agents: [], tasks: [{b: {RUN}}]}
                hooks: {on_stage_complete: [echo done]}
            """);
        run.Complete("a");
        run.Ready.ShouldBe(["stage:s.on_stage_complete.1"]);
        run.Plan.Find("stage:s.on_stage_complete.1")!.Definition.Command!.Env["WORKFLOW_STAGE"].ShouldBe("s");
        run.Fail("stage:s.on_stage_complete.1");
        run.CompleteAll().ShouldBe(["b", "stage:t.on_stage_complete.1"]);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Stage_TaskThatTheInsideOfAnotherWaitsFor_IsNotHeldBackByTheOrder()
    {
        var run = MachineHarness.Of("""
            workflows:
              main:
                description: d
                steps:
                  - {stage: s, agents: [], tasks: [{g: {subtasks: [{x: {RUN, depends_on: [z]}}]}}, {y: {RUN}}, {z: {RUN, depends_on: [y]}}]}
            """);
        run.CompleteAll().ShouldBe(["y", "z", "g.x"]);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("execution_mode: sequential", "a")]
    [InlineData("execution_mode: parallel", "a b c")]
    [InlineData("max_concurrency: 2", "a b")]
    public void TaskGroup_ModeAndBound_SayHowManyRunAtOnce(string field, string ready)
    {
        var run = MachineHarness.Of($$$$"""
            task_groups: {g: {tasks: [a, b, c], {{{{field}}}} }}
            tasks: {a: {RUN}, b: {RUN}, c: {RUN}}
            """);
        string.Join(' ', run.Ready).ShouldBe(ready);
        run.CompleteAll().Count.ShouldBe(3);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("stop", "b=cancelled after=skipped", ExecutionStatus.Failed)]
    [InlineData("rollback", "b=cancelled after=skipped", ExecutionStatus.Failed)]
    [InlineData("continue", "b=ready after=pending", ExecutionStatus.Completed)]
    public void TaskGroup_OnError_SaysWhetherTheOthersGoOn(string onError, string expected, ExecutionStatus status)
    {
        var run = MachineHarness.Of($$$$"""
            task_groups: {g: {tasks: [a, b], on_error: {{{{onError}}}} }, h: {tasks: [after], depends_on: [g]}}
            tasks: {a: {RUN}, b: {RUN}, after: {RUN}}
            """);
        run.Fail("a");
        var after = run.State.Find("group:h")!.Status.ToWord();
        $"{run.Statuses("b")} after={after}".ShouldBe(expected);
        run.CompleteAll();
        run.State.Status.ShouldBe(status);
    }

    [Fact]
    public void TaskGroup_NestedAndDependent_RunsAsItsNamesSay()
    {
        var run = MachineHarness.Of("""
            task_groups:
              outer: {tasks: [a], groups: [inner]}
              inner: {tasks: [b]}
              last: {tasks: [c], depends_on: [outer]}
              byTask: {tasks: [d], depends_on: [a]}
            tasks: {a: {RUN}, b: {RUN}, c: {RUN}, d: {RUN}}
            """);
        run.Ready.ShouldBe(["a", "b"], ignoreOrder: true);
        run.Complete("a");
        run.Ready.ShouldBe(["b", "d"], ignoreOrder: true);
        run.Complete("b");
        run.Ready.ShouldBe(["c", "d"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(3, "go=ready")]
    [InlineData(1, "go=none")]
    public void TaskGroup_ConditionOverAnotherGroupsOutput_IsAskedWhenItsTurnComes(int score, string expected)
    {
        var run = MachineHarness.Of("""
            task_groups:
              first: {tasks: [a], outputs: {score: {value: "${task.a.score}"}}}
              second: {tasks: [go], depends_on: [first], condition: "${group.first.score} >= ${workflow.min}"}
            tasks: {a: {RUN}, go: {RUN}}
            """, ("min", 2));
        run.Report("a", run.Claim("a"), TaskOutcome.Completed(new TaskOutput
        {
            Values = new Dictionary<string, System.Text.Json.JsonElement> { ["score"] = System.Text.Json.JsonSerializer.SerializeToElement(score) },
        }));
        run.Statuses("go").ShouldBe(expected);
    }

    [Fact]
    public void TaskGroup_Timeout_StopsItsTasks()
    {
        var run = MachineHarness.Of("task_groups: {g: {tasks: [a], timeout: 30}}\ntasks: {a: {RUN}}");
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(30));
        run.Statuses("a", "group:g").ShouldBe("a=cancelled group:g=failed");
    }

    [Fact]
    public void Notifications_OnStartAndOfTasks_AreTasksThatCannotFailTheWorkflow()
    {
        var run = MachineHarness.Of("""
            notifications: {default_channels: [{type: console}], notify_on_start: true, notify_on_completion: true}
            tasks: {a: {RUN}}
            """);
        run.Fail("notify.0");
        run.Complete("a");
        run.Ready.ShouldBe(["a.notify.1"]);
        run.Fail("a.notify.1");
        run.CompleteAll().Count.ShouldBe(1);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }
}
