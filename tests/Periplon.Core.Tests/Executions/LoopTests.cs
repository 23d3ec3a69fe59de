using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary>Every kind of loop (reference §7, design §8.7).</summary>
public sealed class LoopTests
{
    [Theory]
    [InlineData("{type: repeat, count: 3}", "l[0] l[1] l[2]")]
    [InlineData("{type: for_each, iterator: x, collection: {source: inline, items: [a, 2]}}", "l[0] l[1]")]
    [InlineData("{type: for_each, iterator: x, collection: {source: range, start: 2, end: 9, step: 3}}", "l[0] l[1] l[2]")]
    [InlineData("{type: while, condition: {type: always}, max_iterations: 2}", "l[0] l[1]")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 2}", "")]
    [InlineData("{type: repeat_until, condition: {type: always}, max_iterations: 5}", "l[0]")]
    [InlineData("{type: repeat_until, condition: {type: always}, max_iterations: 5, min_iterations: 3}", "l[0] l[1] l[2]")]
    [InlineData("{type: repeat_until, condition: {type: never}, max_iterations: 2}", "l[0] l[1]")]
    public void Loop_Sequential_RunsItsIterationsOneAfterTheOther(string loop, string expected)
    {
        var run = MachineHarness.Of($"tasks: {{l: {{RUN, loop: {loop}}}, after: {{RUN, depends_on: [l]}}}}");
        run.State.Ready.Count.ShouldBe(1);
        string.Join(' ', run.CompleteAll()).ShouldBe($"{expected} after".Trim());
        run.Task("l").Status.ShouldBe(TaskRunStatus.Completed);
    }

    [Theory]
    [InlineData("{type: repeat, count: 30, parallel: true}", 10)]
    [InlineData("{type: repeat, count: 5, parallel: true}", 5)]
    [InlineData("{type: repeat, count: 5, parallel: true, max_parallel: 2}", 2)]
    [InlineData("{type: repeat, count: 5, max_parallel: 4}", 1)]
    [InlineData("{type: for_each, iterator: x, parallel: true, collection: {source: range, start: 0, end: 4}}", 4)]
    public void Loop_Parallel_RunsAsManyAtOnceAsItMay(string loop, int atOnce)
    {
        var run = MachineHarness.Of($"max_parallel: 50\ntasks: {{l: {{RUN, loop: {loop}}}}}");
        run.State.Ready.Count.ShouldBe(atOnce);
        run.CompleteAll().Count.ShouldBe(run.Task("l").Loop?.Count ?? run.Journal.OfType<LoopEntered>().Single().Count);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("break_condition: {type: state_equals, key: stop, value: true}", "l[0] l[1]")]
    [InlineData("continue_condition: \"iteration == 1\"", "l[0] l[2] l[3]")]
    [InlineData("max_iterations: 2", "l[0] l[1]")]
    public void LoopControl_OfASequentialLoop_IsAskedForEachIteration(string control, string expected)
    {
        var run = MachineHarness.Of($$$$"""
            tasks:
              l: {RUN, loop: {type: repeat, count: 4}, loop_control: { {{{{control}}}} }}
            """);
        while (!run.State.Ready.IsEmpty)
        {
            var next = run.Ready.First();
            run.Report(next, run.Claim(next), TaskOutcome.Completed(new TaskOutput
            {
                State = new Dictionary<string, JsonElement> { ["stop"] = JsonSerializer.SerializeToElement(next == "l[1]") },
            }));
        }

        string.Join(' ', run.Journal.OfType<TaskScheduled>().Select(e => e.Task)).ShouldBe(expected);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Loop_FailingIteration_GoesOnAndFailsAtItsEnd()
    {
        var run = MachineHarness.Of("tasks: {l: {RUN, loop: {type: repeat, count: 3}}}");
        run.Fail("l[0]");
        run.CompleteAll().ShouldBe(["l[1]", "l[2]"]);
        run.Task("l").Failure!.Message.ShouldBe("1 of 3 iterations failed; the first was 'l[0]': it failed");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Theory]
    [InlineData("loop_control: {break_condition: {type: never}}", "")]
    [InlineData("priority: 0", "fail_fast: true")]
    public void Loop_FailingIterationWithBreakConditionOrFailFast_EndsTheLoop(string field, string workflow)
    {
        var run = MachineHarness.Of($"{workflow}\ntasks: {{l: {{RUN, loop: {{type: repeat, count: 3}}, {field}}}}}");
        run.Fail("l[0]");
        run.State.Find("l[1]").ShouldBeNull();
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Loop_FailFast_StopsTheIterationsBesideTheFailedOne()
    {
        var run = MachineHarness.Of("fail_fast: true\ntasks: {l: {RUN, loop: {type: repeat, count: 2, parallel: true}}}");
        var other = run.Claim("l[1]");
        run.Fail("l[0]");
        run.State.FindStop(run.Task("l[1]").Instance).ShouldNotBeNull();
        run.Report("l[1]", other, TaskOutcome.Cancelled()).ShouldBeTrue();
        run.Statuses("l", "l[1]").ShouldBe("l=failed l[1]=cancelled");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Loop_DelayBetween_WaitsAfterEachIterationButNotBeforeTheFirst()
    {
        var run = MachineHarness.Of("tasks: {l: {RUN, loop: {type: while, condition: {type: always}, max_iterations: 2, delay_between_secs: 7}}}");
        run.Complete("l[0]");
        run.State.Ready.ShouldBeEmpty();
        run.State.Status.ShouldBe(ExecutionStatus.Waiting);
        run.NextTimer();
        run.Now.ShouldBe(MachineHarness.Start.AddSeconds(7));
        run.Complete("l[1]");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Loop_Timeout_StopsTheIterationUnderWayAndFails()
    {
        var run = MachineHarness.Of("tasks: {l: {RUN, loop: {type: repeat, count: 9}, loop_control: {timeout_secs: 5}}}");
        var lease = run.Claim("l[0]");
        run.NextTimer();
        run.Report("l[0]", lease, TaskOutcome.Cancelled()).ShouldBeTrue();
        run.Task("l").Failure!.Message.ShouldBe("The task took longer than its limit of 5 s");
        run.State.Find("l[1]").ShouldBeNull();
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Loop_OverSubtasks_HonoursTheirDependenciesAndConditionsEachTime()
    {
        var run = MachineHarness.Of("""
            tasks:
              l:
                loop: {type: for_each, iterator: x, collection: {source: inline, items: [1, 2]}}
                subtasks: [{a: {RUN, depends_on: [b]}}, {b: {RUN}}, {c: {RUN, if: x == 2}}]
            """);
        run.CompleteAll().ShouldBe(["l[0].b", "l[0].a", "l[1].b", "l[1].a", "l[1].c"]);
        run.Statuses("l[0]", "l[0].c", "l").ShouldBe("l[0]=completed l[0].c=skipped l=completed");
    }

    [Fact]
    public void Loop_NestedThreeDeep_RunsEveryCombination()
    {
        var run = MachineHarness.Of("""
            tasks:
              l:
                loop: {type: repeat, count: 2, iterator: i}
                subtasks: [{m: {loop: {type: repeat, count: 2, iterator: j}, subtasks: [{n: {RUN, loop: {type: repeat, count: 2, iterator: k}}}]}}]
            """);
        run.Resolve("l[0].m[0].n[0]", "loop.parent.parent.index").ShouldBe("0");
        run.CompleteAll().Count.ShouldBe(8);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Loop_ConditionOnItsVariable_IsAskedForEachIteration_AnyOtherOnce()
    {
        var run = MachineHarness.Of("""
            tasks:
              each: {RUN, loop: {type: repeat, count: 3, iterator: n}, if: n != 1}
              once: {RUN, loop: {type: repeat, count: 3, iterator: n}, if: 1 > 2}
            """);
        run.CompleteAll().ShouldBe(["each[0]", "each[2]"]);
        run.Statuses("each[1]", "once", "once[0]").ShouldBe("each[1]=skipped once=skipped once[0]=none");
    }

    [Theory]
    [InlineData("x", "{\"name\":\"b\"}")]
    [InlineData("task.x", "{\"name\":\"b\"}")]
    [InlineData("x.name", "\"b\"")]
    [InlineData("task.x.name", "\"b\"")]
    [InlineData("loop.x.name", "\"b\"")]
    [InlineData("loop.item.name", "\"b\"")]
    [InlineData("loop.index", "1")]
    [InlineData("loop.number", "2")]
    [InlineData("loop.count", "2")]
    [InlineData("loop.first", "false")]
    [InlineData("loop.last", "true")]
    [InlineData("iteration", "1")]
    [InlineData("task.iteration", "1")]
    [InlineData("loop_index", "1")]
    [InlineData("outer", "7")]
    [InlineData("loop.parent.item", "7")]
    [InlineData("loop.parent.index", "0")]
    [InlineData("loop.parent.parent.index", null)]
    public void LoopVariable_OfAnInnerLoop_IsReadInEveryForm(string reference, string? expected)
    {
        var run = MachineHarness.Of("""
            tasks:
              l:
                loop: {type: for_each, iterator: outer, collection: {source: range, start: 7, end: 8}}
                subtasks: [{m: {RUN, loop: {type: for_each, iterator: x, collection: {source: inline, items: [{name: a}, {name: b}]}}}}]
            """);
        run.Complete("l[0].m[0]");
        run.Resolve("l[0].m[1]", reference).ShouldBe(expected);
    }

    [Fact]
    public void Collection_OfState_IsReadWhenTheLoopBegins()
    {
        var run = MachineHarness.Of("""
            tasks:
              list: {RUN}
              l: {RUN, depends_on: [list], loop: {type: for_each, iterator: x, collection: {source: state, key: found}}}
            """);
        run.Report("list", run.Claim("list"), TaskOutcome.Completed(new TaskOutput
        {
            State = new Dictionary<string, JsonElement> { ["found"] = JsonSerializer.SerializeToElement(new[] { 4, 5 }) },
        }));
        run.Resolve("l[0]", "x").ShouldBe("4");
        run.CompleteAll().ShouldBe(["l[0]", "l[1]"]);
    }

    [Fact]
    public void Collection_ThatIsNoState_FailsTheTaskAndSaysWhy()
    {
        var run = MachineHarness.Of("tasks: {l: {RUN, loop: {type: for_each, iterator: x, collection: {source: state, key: found}}}}");
        run.State.Error.ShouldBe("Task 'l' failed: The loop goes over the state value 'found', which is not set");
    }

    [Fact]
    public void Collection_ReadByAWorker_IsRetriedAndThenGoneOver()
    {
        var run = MachineHarness.Of("""
            tasks:
              l: {RUN, on_error: {retry: 1}, loop: {type: for_each, iterator: x, collection: {source: file, path: p, format: lines}}}
            """);
        run.Task("l").Work.ShouldBe(AttemptWork.Collection);
        run.Fail("l");
        run.NextTimer();
        run.Report("l", run.Claim("l"), TaskOutcome.Completed(new TaskOutput { Items = JsonSerializer.SerializeToElement(new[] { "a", "b" }) }));
        run.Resolve("l[0]", "x").ShouldBe("\"a\"");
        run.CompleteAll().ShouldBe(["l[0]", "l[1]"]);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void CollectResults_OfTasksAndGroups_AreInTheOrderOfTheIterations()
    {
        var run = MachineHarness.Of("""
            tasks:
              l: {RUN, loop: {type: repeat, count: 3, parallel: true}, loop_control: {collect_results: true, result_key: all}}
              g: {loop: {type: repeat, count: 1}, loop_control: {collect_results: true}, subtasks: [{a: {RUN}}, {b: {RUN}}]}
            """);
        run.Complete("l[2]", "three");
        run.Fail("l[1]");
        run.Complete("l[0]", "one\n");
        run.CompleteAll(path => path);
        run.Task("l").Output!.Text.ShouldBe("""["one",null,"three"]""");
        run.Task("g").Output!.Text.ShouldBe("""[{"a":"g[0].a","b":"g[0].b"}]""");
        run.Task("l").Status.ShouldBe(TaskRunStatus.Failed);
        run.State.Values.ShouldBeEmpty("a failed loop sets no state");
    }

    [Fact]
    public void ResultKey_OfALoopThatWentWell_IsAStateValue()
    {
        var run = MachineHarness.Of("tasks: {l: {RUN, loop: {type: repeat, count: 2}, loop_control: {result_key: all}}}");
        run.CompleteAll(path => path);
        run.State.Values["all"].GetRawText().ShouldBe("""["l[0]","l[1]"]""");
    }

    [Fact]
    public void Matrix_WithIncludeAndExclude_RunsEachCombinationThatIsLeft()
    {
        var run = MachineHarness.Of("""
            tasks:
              m:
                command: {executable: echo, args: ["${matrix.os}/${matrix.v}"]}
                matrix: {os: [a, b], v: [1, 2], exclude: [{os: b, v: 1}], include: [{os: c, v: 9}]}
            """);
        run.Ready.Select(path => $"{run.Resolve(path, "matrix.os")}{run.Resolve(path, "matrix.v")}")
            .ShouldBe(["\"a\"1", "\"a\"2", "\"b\"2", "\"c\"9"]);
        run.CompleteAll();
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Matrix_IncludeAndExcludeWithReferences_AreFilledIn()
    {
        var run = MachineHarness.Of(
            """
            inputs: {without: {type: string}, more: {type: string}}
            tasks:
              m: {RUN, matrix: {os: [a, b], exclude: [{os: "${workflow.without}"}], include: [{os: "${workflow.more}"}]}}
            """,
            ("without", "b"), ("more", "c"));
        run.Ready.Select(path => run.Resolve(path, "matrix.os")).ShouldBe(["\"a\"", "\"c\""]);
    }

    [Fact]
    public void Matrix_OfALoop_LoopsInEachCombination()
    {
        var run = MachineHarness.Of("tasks: {m: {RUN, matrix: {os: [a, b]}, loop: {type: repeat, count: 2, iterator: n}}}");
        run.Ready.ShouldBe(["m[0][0]", "m[1][0]"]);
        run.Resolve("m[1][0]", "matrix.os").ShouldBe("\"b\"");
        run.Resolve("m[1][0]", "n").ShouldBe("0");
        run.CompleteAll().Count.ShouldBe(4);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Loop_CancelledWhileDelayed_EndsAtOnce()
    {
        var run = MachineHarness.Of("tasks: {l: {RUN, loop: {type: while, condition: {type: always}, max_iterations: 5, delay_between_secs: 60}}}");
        run.Complete("l[0]");
        run.Cancel();
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
        run.Task("l").Status.ShouldBe(TaskRunStatus.Cancelled);
    }
}
