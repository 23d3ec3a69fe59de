using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Plans;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

public static partial class ExecutionPlanner
{
    /// <summary>Begins a loop.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="task">The loop's task.</param>
    /// <param name="items">Items that a worker has read; null when the loop itself knows them.</param>
    internal static void EnterLoop(ExecutionTurn turn, TaskInstance task, JsonElement? items)
    {
        var definition = task.Planned.Definition;
        var scope = new ExecutionScope(turn.State, task);
        items ??= LoopCollections.ItemsOf(definition, scope);
        var count = LoopCollections.CountOf(definition, items);
        turn.Record(new LoopEntered
        {
            At = turn.Now,
            Task = task.Path,
            Items = items,
            Count = (int)Math.Min(count, definition.LoopControl?.MaxIterations ?? count),
            Parallel = LoopItems.Parallelism(definition, count),
            DeadlineAt = After(turn.Now, definition.Matrix is null ? definition.LoopControl?.TimeoutSecs : null),
        });
    }

    private static void AdvanceLoop(ExecutionTurn turn, TaskInstance task, bool delayIsOver = false)
    {
        try
        {
            StopOthers(turn, task);
            if (turn.State.FindStop(task) is { } stop)
            {
                EndLoop(turn, task, stop.Reason);
            }
            else
            {
                JudgeIterations(turn, task);
                StartIterations(turn, task, delayIsOver);
            }
        }
        catch (Exception e) when (e is TemplateException or ExpressionException or TaskStartException)
        {
            RequestStop(turn, task, e.Message, new TaskFailure(FailureKinds.Input, e.Message));
        }

        if (turn.State.Task(task).Loop is { MayGoOn: false, Active.IsEmpty: true })
        {
            ConcludeLoop(turn, task);
        }
    }

    // fail_fast: the iterations beside one that failed end too.
    private static void StopOthers(ExecutionTurn turn, TaskInstance task)
    {
        if (turn.State.Task(task) is { Stop: null, Loop: { FirstFailed: { } failed, Active.IsEmpty: false } }
            && turn.State.Plan.Workflow.FailFast)
        {
            RequestStop(turn, task, $"iteration '{failed}' failed");
        }
    }

    private static void EndLoop(ExecutionTurn turn, TaskInstance task, string reason)
    {
        if (turn.State.Task(task).Loop is { MayGoOn: true })
        {
            turn.Record(new LoopEnded { At = turn.Now, Task = task.Path, Reason = reason });
        }
    }

    // Iterations go on after one that failed, unless the author has said what breaks the loop (reference §7.3) or wants to fail fast.
    private static void JudgeIterations(ExecutionTurn turn, TaskInstance task)
    {
        var definition = task.Planned.Definition;
        var loop = turn.State.Task(task).Loop!;
        var breaks = definition.Matrix is null ? definition.LoopControl?.BreakCondition : null;
        if (loop.Failed > 0 && (breaks is not null || turn.State.Plan.Workflow.FailFast))
        {
            EndLoop(turn, task, $"iteration '{loop.FirstFailed}' failed");
            return;
        }

        // No more than run at the same time, so they are all judged in one turn, and a full turn never comes back to them.
        foreach (var index in loop.Unjudged)
        {
            var scope = new ExecutionScope(turn.State, turn.State.Find(task.PathOf(index))!.Instance);
            if (breaks is not null && turn.Holds(breaks, scope))
            {
                EndLoop(turn, task, "its break_condition holds");
            }
            else if (definition is { Matrix: null, Loop: LoopDefinition.RepeatUntil until } && loop.Next >= until.MinIterations
                && turn.Holds(until.Condition, scope))
            {
                EndLoop(turn, task, "its condition holds");
            }
        }
    }

    private static void StartIterations(ExecutionTurn turn, TaskInstance task, bool delayIsOver)
    {
        var definition = task.Planned.Definition;
        var continues = definition.Matrix is null ? definition.LoopControl?.ContinueCondition : null;
        while (!turn.State.IsHeld && !IsFull(turn)
            && turn.State.Task(task).Loop is { MayGoOn: true } loop && loop.Active.Count < loop.Parallel)
        {
            if (!delayIsOver && DelayOf(definition) is > 0 and var delay && loop is { Unjudged.IsEmpty: false, HasWaited: true })
            {
                turn.Record(new LoopDelayed { At = turn.Now, Task = task.Path, DueAt = WaitTimes.After(turn.Now, delay) });
                return;
            }

            if (!delayIsOver && !loop.HasWaited)
            {
                return;
            }

            if (turn.State.NextNumber >= LoopItems.MaxTasks)
            {
                throw new TaskStartException(
                    $"The execution has {turn.State.NextNumber} tasks; allowed are {LoopItems.MaxTasks}. Let subflows do parts of the work");
            }

            delayIsOver = false;
            var coming = new ExecutionScope(turn.State, task, loop.Next);
            if (definition is { Matrix: null, Loop: LoopDefinition.While loopWhile }
                && !turn.Holds(loopWhile.Condition, coming))
            {
                EndLoop(turn, task, "its condition does not hold");
            }
            else if (continues is not null && turn.Holds(continues, coming))
            {
                turn.Record(new IterationSkipped { At = turn.Now, Task = task.Path, Index = loop.Next });
            }
            else
            {
                turn.Record(new IterationStarted { At = turn.Now, Task = task.Path, Index = loop.Next });
            }
        }
    }

    private static double DelayOf(TaskDefinition definition) => definition switch
    {
        { Matrix: not null } => 0,
        { Loop: LoopDefinition.While loop } => loop.DelayBetweenSecs ?? 0,
        { Loop: LoopDefinition.RepeatUntil loop } => loop.DelayBetweenSecs ?? 0,
        _ => 0,
    };

    private static void ConcludeLoop(ExecutionTurn turn, TaskInstance task)
    {
        var state = turn.State.Task(task);
        if (state.Stop is { Skip: not null } skipped)
        {
            EndStopped(turn, state, skipped.Reason);
            return;
        }

        TaskOutput results;
        try
        {
            results = TaskOutputs.OfLoop(turn.State, task);
        }
        catch (TemplateException e)
        {
            Fail(turn, task, new TaskFailure(FailureKinds.Output, e.Message));
            return;
        }

        if ((state.Stop?.Failure ?? OfIterations(turn.State, state.Loop!)) is { } failure)
        {
            Fail(turn, task, failure, results);
        }
        else if (turn.State.FindStop(task) is { } stop)
        {
            EndStopped(turn, state, stop.Reason);
        }
        else
        {
            Complete(turn, task, results);
        }
    }

    private static TaskFailure? OfIterations(ExecutionState state, LoopState loop)
    {
        if (loop.Failed == 0)
        {
            return null;
        }

        var first = state.Find(loop.FirstFailed!)?.Failure;
        var message = $"{loop.Failed} of {loop.Done} iterations failed; the first was '{loop.FirstFailed}': {first?.Message}";
        return new TaskFailure(FailureKinds.Subtask, message, first?.ExitCode);
    }
}
