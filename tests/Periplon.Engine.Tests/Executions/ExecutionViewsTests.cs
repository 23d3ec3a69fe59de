using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Tests.Executions;

public sealed class ExecutionViewsTests
{
    private const string Nested = """
        name: nested
        version: "1"
        subflows: {inner: {tasks: {x: {command: {executable: "true"}}}}}
        tasks:
          group:
            subtasks:
              - inside: {command: {executable: "true"}}
          loop:
            loop: {type: repeat, count: 3}
            subtasks:
              - step: {command: {executable: "true"}}
          call: {subflow: inner}
          nap: {sleep: 1h}
          careful:
            command: {executable: "true"}
            finally:
              - tidy: {command: {executable: "true"}}
        """;

    private static readonly DateTimeOffset Now = Samples.Start;

    [Fact]
    public void TasksOf_TasksInsideOthers_SayWhereTheyBelong()
    {
        var state = Finish(Begin(), "loop[0].step", "careful");
        var tasks = ExecutionViews.TasksOf(state).ToDictionary(task => task.Id);

        Place(tasks["group"]).ShouldBe(("group", null, null, null));
        Place(tasks["group.inside"]).ShouldBe(("command", "group", null, null));
        Place(tasks["loop"]).ShouldBe(("loop", null, null, null));
        Place(tasks["loop[1]"]).ShouldBe(("group", "loop", 1, null));
        Place(tasks["loop[1].step"]).ShouldBe(("command", "loop[1]", null, null));
        Place(tasks["call"]).ShouldBe(("subflow", null, null, null));
        Place(tasks["nap"]).ShouldBe(("sleep", null, null, null));
        Place(tasks.Values.Single(task => task.Id.EndsWith("tidy", StringComparison.Ordinal))).ShouldBe(("command", "careful", null, "finally"));
    }

    [Fact]
    public void TasksOf_SubflowThatHasEnded_StillNamesItsExecution()
    {
        var state = Begin();
        var child = state.Find("call")!.Wait!.Child!.Value;
        Child(state).ShouldBe(child);
        var ended = new ChildEnded { At = Now, Task = "call", Child = child, Status = ExecutionStatus.Completed };
        state = Samples.Do(state, Now.AddSeconds(5), turn => ExecutionCommands.EndChild(turn, ended, 0).ShouldBeTrue());
        state.Find("call")!.Status.ShouldBe(TaskRunStatus.Completed);
        Child(state).ShouldBe(child);
    }

    [Fact]
    public void PageOf_PageAfterPage_ListsEachTaskOnceInOrder()
    {
        var state = Finish(Begin(), "loop[0].step");
        var all = ExecutionViews.TasksOf(state).Select(task => task.Id).ToList();
        var seen = new List<string>();
        for (long? after = 0; after is { } from;)
        {
            var page = ExecutionViews.PageOf(state, new TaskSlice(from, 4));
            page.Total.ShouldBe(all.Count);
            page.Tasks.Count.ShouldBeInRange(1, 4);
            seen.AddRange(page.Tasks.Select(task => task.Id));
            after = page.NextAfter;
        }

        seen.ShouldBe(all);
        all.Count.ShouldBeGreaterThan(8);
    }

    [Fact]
    public void PageOf_LargeOutputs_EndsEarly()
    {
        var state = Samples.Begin(Samples.Workflow("", [.. Enumerable.Range(0, 400).Select(i => $"t{i}")]) with { MaxParallel = 400 }, Now).State;
        var text = new string('x', 64 * 1024);
        foreach (var rank in state.Ready)
        {
            var token = Guid.NewGuid();
            state = Samples.Report(Samples.Claim(state, rank.Task.Path, Now, token), rank.Task.Path, Now, token, Samples.Done(text));
        }

        var page = ExecutionViews.PageOf(state, new TaskSlice(0, 400));
        page.Tasks.Count.ShouldBeInRange(1, 399);
        page.NextAfter.ShouldBe(page.Tasks[^1].Number);
    }

    private static ExecutionState Begin() => Samples.Begin(Samples.Workflow(Nested), Now).State;

    private static ExecutionState Finish(ExecutionState state, params string[] tasks)
    {
        foreach (var task in tasks)
        {
            var token = Guid.NewGuid();
            state = Samples.Report(Samples.Claim(state, task, Now, token), task, Now, token, Samples.Done());
        }

        return state;
    }

    private static (string Kind, string? Parent, int? Iteration, string? Phase) Place(TaskView task) =>
        (task.Kind, task.Parent, task.Iteration, task.Phase);

    private static Guid? Child(ExecutionState state) => ExecutionViews.TasksOf(state).Single(task => task.Id == "call").ChildExecutionId;
}
