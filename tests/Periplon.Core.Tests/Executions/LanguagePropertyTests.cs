using System.Collections.Concurrent;
using CsCheck;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Executions;

/// <summary>Any workflow of the language, in any world, ends once, keeps its bounds and replays to the same state.</summary>
public sealed class LanguagePropertyTests
{
    private readonly ConcurrentDictionary<Type, int> _seen = new();

    [Fact]
    public void AnyWorkflow_InAnyWorld_EndsWithinItsBoundsAndReplays()
    {
        Gen.Select(Gen.Int[1, 14], Gen.Int[0, int.MaxValue]).Sample((size, seed) => Drive(size, seed), iter: 3_000);
        var events = typeof(ExecutionEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ExecutionEvent)) && !type.IsAbstract);
        events.Except(_seen.Keys).Except([typeof(TaskKept)]).ShouldBeEmpty("the worlds make everything happen that can");
    }

    private void Drive(int size, int seed)
    {
        var random = new Random(seed);
        var run = new MachineHarness(new WorkflowGenerator(random, size).Make());
        var world = new SimulatedWorld(run, random);
        List<(int Events, string Short, ExecutionState State)> turns = [];
        try
        {
            Drive(run, world, turns);
            CheckAttempts(run.Journal);
            run.Journal.Select(happened => happened.GetType()).Distinct().ToList().ForEach(type => _seen.AddOrUpdate(type, 1, (_, n) => n + 1));
            CheckReplay(run, turns, everyPrefix: seed % 40 == 0);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{ExecutionText.Of(run)}", e);
        }
    }

    private static void Drive(MachineHarness run, SimulatedWorld world, List<(int Events, string Short, ExecutionState State)> turns)
    {
        for (var steps = 0; !run.State.IsTerminal; steps++)
        {
            steps.ShouldBeLessThan(10_000, "the execution does not come to an end");
            CheckBounds(run.State);
            CheckIsMoved(run.State);
            turns.Add((run.Journal.Count, Short(run.State), run.State));
            world.Step();
        }

        turns.Add((run.Journal.Count, Short(run.State), run.State));
        run.Journal.OfType<ExecutionFinished>().Count().ShouldBe(1);
        run.State.Tasks.Values.Where(task => task.Instance.Around is not null && run.State.Find(task.Instance.Path) is not null)
            .ShouldAllBe(task => task.Status.IsSettled());
    }

    private static void CheckBounds(ExecutionState state)
    {
        (state.Running.Count + state.Ready.Count).ShouldBeLessThanOrEqualTo(state.Plan.Workflow.MaxParallel);
        foreach (var task in state.Tasks.Values)
        {
            if (task.Loop is { } loop)
            {
                loop.Active.Count.ShouldBeLessThanOrEqualTo(loop.Parallel);
            }

            if (task.Block is { Planned.MaxParallel: { } most } block)
            {
                block.Tasks.Count(child => !child.Planned.IsNeededInside && IsUnderWay(state.Task(child))).ShouldBeLessThanOrEqualTo(most);
            }
        }
    }

    private static bool IsUnderWay(TaskState task) => task.Status is not TaskRunStatus.Pending && !task.Status.IsSettled();

    private static void CheckIsMoved(ExecutionState state)
    {
        var isMoved = state.IsHeld || !state.Ready.IsEmpty || !state.Running.IsEmpty || !state.Waiting.IsEmpty
            || ExecutionPlanner.NextTimer(state) is not null;
        isMoved.ShouldBeTrue("an execution that has not ended has something that moves it");
    }

    private static void CheckAttempts(IEnumerable<ExecutionEvent> journal) =>
        journal.OfType<TaskScheduled>().GroupBy(e => (e.Task, e.Attempt)).ShouldAllBe(attempt => attempt.Count() == 1);

    private static void CheckReplay(MachineHarness run, List<(int Events, string Short, ExecutionState State)> turns, bool everyPrefix)
    {
        var events = EventCodec.Decode(EventCodec.Encode([.. run.Journal]));
        var state = ExecutionMachine.Start(run.Plan, (ExecutionCreated)events[0]);
        var next = 0;
        for (var count = 1; count <= events.Count; count++)
        {
            if (count > 1)
            {
                CheckConcernsSomebody(state, events[count - 1]);
                state = ExecutionMachine.Apply(state, events[count - 1]);
            }

            while (next < turns.Count && turns[next].Events == count)
            {
                Short(state).ShouldBe(turns[next].Short);
                if (everyPrefix || next == turns.Count - 1)
                {
                    StateText.Of(state).ShouldBe(StateText.Of(turns[next].State));
                }

                next++;
            }
        }

        next.ShouldBe(turns.Count);
    }

    private static void CheckConcernsSomebody(ExecutionState state, ExecutionEvent happened)
    {
        if (happened is TaskEvent { Task: var path })
        {
            var task = state.Find(path).ShouldNotBeNull($"{happened.GetType().Name} is about '{path}', which is not there");
            task.Status.IsSettled().ShouldBeFalse($"{happened.GetType().Name} is about '{path}', which is settled");
            if (task is { Status: TaskRunStatus.Pending } && happened is TaskScheduled or TaskEntered or TaskWaiting or LoopEntered)
            {
                task.Instance.Planned.DependsOn.Select(on => state.FindOrAround(task.Instance, on))
                    .ShouldAllBe(on => on == null || on.Status.IsSettled(), $"'{path}' began before what it depends on");
            }
        }
    }

    // Enough of a state to see soon where a replay leaves the way.
    private static string Short(ExecutionState state) =>
        $"{state.Status} {state.NextNumber} {state.Settled} {state.Open.Count} {state.OpenOthers.Count} {state.Ready.Count} "
        + $"{state.Running.Count} {state.Waiting.Count} {state.Undecided.Count} {state.Delayed.Count} {state.Timers.Count}";
}
