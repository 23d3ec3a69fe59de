using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using static Periplon.Core.Tests.Executions.MachineHarness;

namespace Periplon.Core.Tests.Executions;

/// <summary>Large and deep executions: what one more task costs does not depend on how many there are. Counted, never timed.</summary>
public sealed class CostTests
{
    [Theory]
    [InlineData("{type: repeat, count: N}", "")]
    [InlineData("{type: repeat, count: N, parallel: true}", "")]
    [InlineData("{type: while, condition: {type: always}, max_iterations: N}", "")]
    [InlineData("{type: repeat, count: N}", ", subtasks: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}]")]
    public void Loop_OneMoreIteration_CostsTheSameNumberOfEvents(string loop, string inside)
    {
        int Events(int count)
        {
            var work = inside.Length > 0 ? $"description: d{inside}" : "RUN";
            var run = Of($"tasks: {{l: {{{work}, loop: {loop.Replace("N", $"{count}", StringComparison.Ordinal)}}}}}");
            run.CompleteAll();
            run.State.Status.ShouldBe(ExecutionStatus.Completed);
            return run.Journal.Count;
        }

        (Events(40) - Events(20)).ShouldBe(2 * (Events(20) - Events(10)));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(5_000)]
    public void FanOut_OneMoreTask_CostsHardlyMoreMemoryWhenThereAreMany(int maxParallel)
    {
        long BytesPerTask(int count)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var run = new MachineHarness(Workflow([.. Enumerable.Range(0, count).Select(i => NewTask($"t{i}"))]) with { MaxParallel = maxParallel });
            while (!run.State.IsTerminal)
            {
                run.Complete(run.State.Ready.Min.Task.Path);
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / count;
        }

        BytesPerTask(100);
        var few = BytesPerTask(400);
        BytesPerTask(3_200).ShouldBeLessThan(few * 2);
    }

    [Fact]
    public void Nesting_SixtyFourLevels_RunsIsStoppedAndReplays()
    {
        var task = NewTask("leaf");
        for (var level = 0; level < 64; level++)
        {
            task = level % 8 == 7
                ? new TaskDefinition { Id = "loop", Loop = new LoopDefinition.Repeat { Count = 1 }, Subtasks = [task] }
                : new TaskDefinition { Id = "g", Subtasks = [task] };
        }

        var run = new MachineHarness(Workflow(task with { Id = "top" }));
        run.Complete(run.Ready.Single());
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
        StateText.Of(run.Replayed()).ShouldBe(StateText.Of(run.State));

        var stopped = new MachineHarness(Workflow(task with { Id = "top" }));
        stopped.Cancel();
        stopped.State.Status.ShouldBe(ExecutionStatus.Cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Loop_HundredThousandIterationsWithoutWork_EndsTurnByTurn(bool byContinueCondition)
    {
        var run = new MachineHarness(Workflow(NewTask("l") with
        {
            Loop = new LoopDefinition.ForEach { Iterator = "x", Collection = new CollectionDefinition.Range(0, 100_000) },
            LoopControl = byContinueCondition ? new LoopControl { ContinueCondition = new Condition.Always() } : null,
            Condition = byContinueCondition ? null : new Condition.When("x < 0"),
        }));
        var turns = 1;
        while (!run.State.IsTerminal)
        {
            (++turns).ShouldBeLessThan(300);
            ExecutionPlanner.NextTimer(run.State).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(run.Now);
            var before = run.Journal.Count;
            run.Do(_ => true);
            (run.Journal.Count - before).ShouldBeInRange(1, ExecutionPlanner.MaxEventsPerTurn + 10);
        }

        turns.ShouldBeGreaterThan(10);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }
}
