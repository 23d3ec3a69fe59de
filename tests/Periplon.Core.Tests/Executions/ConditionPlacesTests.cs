using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Tests.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Executions;

/// <summary>Conditions in every place in which one may stand.</summary>
public sealed class ConditionPlacesTests
{
    [Theory]
    [InlineData("if: \"task.group.inner.status == 'completed'\"", true)]
    [InlineData("if: \"task.group.inner.output == 'other'\"", false)]
    [InlineData("if: success()", true)]
    [InlineData("if: failure()", false)]
    [InlineData("if: cancelled()", false)]
    [InlineData("if: always()", true)]
    [InlineData("if: \"state.n > 2 && workflow.name == 'example'\"", true)]
    [InlineData("condition: {type: task_status, task: group.inner, status: completed}", true)]
    [InlineData("condition: {type: task_status, task: group.inner, status: failed}", false)]
    [InlineData("condition: {type: state_equals, key: n, value: 3}", true)]
    [InlineData("condition: {type: state_equals, key: n, value: \"3\"}", false)]
    [InlineData("condition: {and: [{type: state_exists, key: n}, {not: {type: state_exists, key: gone}}]}", true)]
    [InlineData("condition: {or: [{type: never}, {type: always}]}", true)]
    [InlineData("condition: {and: []}", true)]
    [InlineData("condition: {or: []}", false)]
    [InlineData("condition: {and: [\"state.n == 3\", {type: task_status, task: group, status: completed}]}", true)]
    [InlineData("condition: \"state.n == 4\"", false)]
    public void Task_Condition_DecidesWhetherItRuns(string condition, bool runs)
    {
        var run = Run($$$$"""
            tasks:
              group: {subtasks: [{inner: {command: {executable: x}, set_state: {n: 3}}}]}
              last: {command: {executable: x}, depends_on: [group], {{{{condition}}}} }
            """);
        SetState(run, "group.inner", "n", 3);

        run.Task("last").Status.ShouldBe(runs ? TaskRunStatus.Ready : TaskRunStatus.Skipped, run.Task("last").Reason);
    }

    [Theory]
    [InlineData("always()", "ready")]
    [InlineData("failure()", "ready")]
    [InlineData("success()", "skipped")]
    [InlineData("cancelled()", "skipped")]
    [InlineData("failure() && task.a.exit_code == 1", "ready")]
    public void Task_StatusFunctionAfterAFailure_Decides(string expression, string expected)
    {
        var b = $"command: {{executable: x}}, depends_on: [a], if: \"{expression}\"";
        var run = Run($"tasks:\n  a: {{command: {{executable: x}}}}\n  b: {{{b}}}");
        run.Fail("a");

        run.Task("b").Status.ToWord().ShouldBe(expected);
    }

    [Fact]
    public void Finally_StatusFunctions_KnowThatTheExecutionWasCancelled()
    {
        var run = Run("""
            tasks: {a: {command: {executable: x}}}
            finally:
              told: {command: {executable: x}, if: cancelled()}
              silent: {command: {executable: x}, if: failure()}
            """);
        run.Do(turn => ExecutionCommands.Cancel(turn, null, "enough"));

        run.Ready.ShouldBe(["finally.told"]);
        run.Task("finally.silent").Status.ShouldBe(TaskRunStatus.Skipped);
    }

    [Theory]
    [InlineData("task.n == 2", 2)]
    [InlineData("${n} == 2", 2)]
    [InlineData("loop.index == 2", 3)]
    [InlineData("task.step.output == 'out 1'", 2)]
    [InlineData("state.seen == 1", 1)]
    [InlineData("failure()", 4)]
    public void BreakCondition_LoopVariablesStateAndNestedTasks_EndTheLoop(string condition, int iterations)
    {
        var run = Run($$$$"""
            tasks:
              each:
                loop: {type: for_each, collection: {source: inline, items: [1, 2, 3, 4]}, iterator: n}
                loop_control: {break_condition: "{{{{condition}}}}" }
                subtasks: [{step: {command: {executable: x}}}]
            """);
        for (var index = 0; run.State.Status is not ExecutionStatus.Completed; index++)
        {
            SetState(run, $"each[{index}].step", "seen", index + 1, $"out {index}");
        }

        Iterations(run, "each").ShouldBe(iterations);
    }

    [Theory]
    [InlineData("task.n != 3", "2")]
    [InlineData("loop.first || loop.last", "1 2")]
    [InlineData("{type: state_exists, key: stop}", "0 1 2 3")]
    [InlineData("{not: \"loop.item > 2\"}", "2 3")]
    public void ContinueCondition_SkipsIterations(string condition, string left)
    {
        var text = condition.StartsWith('{') ? condition : $"\"{condition}\"";
        var run = Run($$$$"""
            tasks:
              each:
                command: {executable: x}
                loop: {type: for_each, collection: {source: inline, items: [1, 2, 3, 4]}, iterator: n, parallel: true}
                loop_control: {continue_condition: {{{{text}}}} }
            """);

        string.Join(' ', run.Ready.Select(path => path[5])).ShouldBe(left);
    }

    [Fact]
    public void LoopConditions_WhileAndRepeatUntil_SeeStateAndTheTasksOfTheIteration()
    {
        var run = Run("""
            tasks:
              count:
                loop: {type: while, max_iterations: 9, iteration_variable: i, condition: "!state.n || state.n < 2"}
                subtasks: [{step: {command: {executable: x}}}]
              poll:
                depends_on: [count]
                loop: {type: repeat_until, max_iterations: 9, condition: {type: task_status, task: check, status: failed}}
                subtasks: [{check: {command: {executable: x}, continue_on_error: true}}]
            """);
        SetState(run, "count[0].step", "n", 1);
        SetState(run, "count[1].step", "n", 2);
        run.Complete("poll[0].check");
        run.Fail("poll[1].check");

        Iterations(run, "count").ShouldBe(2);
        Iterations(run, "poll").ShouldBe(2);
        run.State.Status.IsTerminal().ShouldBeTrue();
    }

    [Fact]
    public void LoopConditions_WhileAsksAboutATaskInside_SeesItAsTheLastIterationLeftIt()
    {
        var run = Run("""
            tasks:
              poll:
                loop: {type: while, max_iterations: 9, condition: {not: {type: task_status, task: check, status: completed}}}
                subtasks: [{check: {command: {executable: x}, continue_on_error: true}}]
            """);
        run.Fail("poll[0].check");
        run.Fail("poll[1].check");
        run.Complete("poll[2].check");

        Iterations(run, "poll").ShouldBe(3);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("${group.first.score} >= ${workflow.least}", "5", true)]
    [InlineData("${group.first.score} >= ${workflow.least}", "4", false)]
    [InlineData("task.a.status == 'completed'", "4", true)]
    public void TaskGroup_Condition_DecidesForItsTasks(string condition, string score, bool runs)
    {
        var run = Run($$$$"""
            inputs: {least: {type: number, default: 5}}
            tasks: {a: {command: {executable: x}}, b: {command: {executable: x}}}
            task_groups:
              first: {tasks: [a], outputs: {score: "${task.a.output}"}}
              second: {tasks: [b], depends_on: [first], condition: "{{{{condition}}}}" }
            """,
            new Dictionary<string, JsonElement> { ["least"] = JsonSerializer.SerializeToElement(5) });
        run.Complete("a", score);

        run.Ready.ShouldBe(runs ? ["b"] : []);
    }

    [Theory]
    [InlineData("loop: {type: repeat, count: 3}, loop_control: {break_condition: \"BAD\"}", true)]
    [InlineData("loop: {type: repeat, count: 3}, loop_control: {continue_condition: \"BAD\"}", false)]
    [InlineData("loop: {type: while, max_iterations: 3, condition: \"BAD\"}", false)]
    [InlineData("loop: {type: repeat_until, max_iterations: 3, condition: \"BAD\"}", true)]
    [InlineData("if: \"BAD\"", false)]
    [InlineData("condition: {and: [\"BAD\"]}", false)]
    public void AnyPlace_ExpressionWithoutEnd_FailsTheTaskWithItsReason(string place, bool afterIteration)
    {
        var bad = "(() => { for (;;) ; })()";
        var a = $"command: {{executable: x}}, {place.Replace("BAD", bad, StringComparison.Ordinal)}";
        var run = Run($"tasks:\n  a: {{{a}}}\n  b: {{command: {{executable: x}}}}");
        if (afterIteration)
        {
            run.Complete("a[0]");
        }

        run.Task("a").Status.ShouldBe(TaskRunStatus.Failed);
        run.Task("a").Failure!.Message.ShouldContain("statements; does it loop for ever?");
        run.Complete("b");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Advance_ManyExpressionsThatCall_LeavesTheRestToLaterTurns()
    {
        var run = Run("""
            tasks:
              each:
                command: {executable: x}
                loop: {type: repeat, count: 200, parallel: true}
                loop_control: {continue_condition: "[loop.index].includes(loop.index)"}
            """);

        // The first turn has asked as often as one may, and wants to go on at once.
        run.Task("each").Loop!.Next.ShouldBe(ExecutionPlanner.MaxConditionCostPerTurn / ConditionEvaluator.CostOfCalls);
        ExecutionPlanner.NextTimer(run.State).ShouldBe(run.State.LastEventAt);
        for (var turns = 1; turns <= 5; turns++)
        {
            run.NextTimer();
        }

        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    private static MachineHarness Run(string yaml, IReadOnlyDictionary<string, JsonElement>? inputs = null)
    {
        Checked.Rules(yaml).Where(finding => finding.Severity is DiagnosticSeverity.Error).ShouldBeEmpty();
        var parsed = WorkflowParser.Parse(Checked.Named(yaml));
        return new MachineHarness(parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics)), inputs);
    }

    private static int Iterations(MachineHarness run, string loop) =>
        run.Journal.OfType<IterationStarted>().Count(started => started.Task == loop);

    private static void SetState(MachineHarness run, string task, string key, int value, string? output = null) =>
        run.Report(task, run.Claim(task), TaskOutcome.Completed(new TaskOutput
        {
            Text = output, Size = output?.Length ?? 0,
            State = new Dictionary<string, JsonElement> { [key] = JsonSerializer.SerializeToElement(value) },
        })).ShouldBeTrue();
}
