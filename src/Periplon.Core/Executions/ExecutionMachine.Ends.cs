using System.Collections.Immutable;
using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

public static partial class ExecutionMachine
{
    /// <summary>The phase that follows a task's own work or another phase; null when there is none.</summary>
    /// <param name="planned">The task.</param>
    /// <param name="phase">The phase before.</param>
    /// <param name="ended">How its own work ended.</param>
    internal static int? NextPhase(PlannedTask planned, int phase, TaskRunStatus ended)
    {
        for (var next = phase + 1; next < planned.Phases.Length; next++)
        {
            if (planned.Phases[next].When switch
            {
                PhaseCondition.Success => ended is TaskRunStatus.Completed,
                PhaseCondition.Failure => ended is TaskRunStatus.Failed,
                _ => true,
            })
            {
                return next;
            }
        }

        return null;
    }

    // The task's own work is done. Handlers may follow, unless it never began.
    private static ExecutionState EndOwnWork(ExecutionState state, TaskState task, TaskRunStatus ended, DateTimeOffset at)
    {
        var planned = task.Instance.Planned;
        if (task.Instance.Around is null)
        {
            // The workflow itself ends so only before anything of it began: a limit refused it.
            state = ended is TaskRunStatus.Failed ? state with { FirstFailure = state.FirstFailure ?? "" } : state;
            return Settle(state, task, ended, at);
        }

        // One that a person completed before it was its turn has no place under the bound of its block, nor handlers.
        var isEarly = task.Status is TaskRunStatus.Pending && task.Stop?.Skip is not null;
        var began = task.StartedAt is not null || ended is not TaskRunStatus.Cancelled;
        if (!began || isEarly || state.IsKilled || NextPhase(planned, planned.OwnPhase, ended) is null)
        {
            return Settle(state, task, ended, at);
        }

        return Move(state, task with
        {
            Status = TaskRunStatus.Running, Ended = ended, Phase = planned.OwnPhase, Block = null, Loop = null, Wait = null, DueAt = null,
        });
    }

    private static ExecutionState Settle(ExecutionState state, TaskState task, TaskRunStatus status, DateTimeOffset at)
    {
        var instance = task.Instance;
        state = Move(state, task with
        {
            Status = status, DueAt = null, Wait = null, FinishedAt = at, Ended = null, Block = null, Loop = null,
        });
        state = state with { Settled = state.Settled + 1 };
        state = Release(state, instance.Path);

        // What never came into being inside it never will.
        foreach (var inner in instance.Planned.InnerTargets)
        {
            state = state.PathSeenFrom(instance, inner) is { } path ? Release(state, path) : state;
        }

        if (instance.Around is not { } around)
        {
            return state;
        }

        return instance.Planned.IsIteration
            ? SettleIteration(state, state.Task(around), instance, status)
            : SettleInBlock(state, state.Task(around), instance, status);
    }

    private static ExecutionState SettleInBlock(ExecutionState state, TaskState owner, TaskInstance settled, TaskRunStatus status)
    {
        if (owner.Block is not { } block || !ReferenceEquals(block.Tasks.ElementAtOrDefault(settled.Planned.Position), settled))
        {
            // Of a phase that is over.
            return state;
        }

        var counts = status is TaskRunStatus.Failed && !settled.Planned.Definition.ContinueOnError;
        var wasOpen = !block.Held.Contains(settled.Rank) && state.Task(settled).OpenDependencies == 0;
        block = block with
        {
            Unsettled = block.Unsettled - 1,
            Active = block.Active - (wasOpen ? 1 : 0),
            Held = block.Held.Remove(settled.Rank),
            FirstFailed = counts ? block.FirstFailed ?? settled.Path : block.FirstFailed,
        };
        state = Move(state, owner with { Block = block });
        if (counts && owner.Instance.Around is null && owner.Phase == owner.Instance.Planned.OwnPhase)
        {
            state = state with { FirstFailure = state.FirstFailure ?? settled.Path };
        }

        foreach (var position in settled.Planned.Dependents)
        {
            state = OneDependencyLess(state, block.Tasks[position].Path);
        }

        return Admit(state, owner.Instance);
    }

    // Room under the block's own bound goes to the first that is held.
    private static ExecutionState Admit(ExecutionState state, TaskInstance owner)
    {
        var task = state.Task(owner);
        while (task.Block is { Held.IsEmpty: false } block && block.Active < block.Planned.MaxParallel)
        {
            var first = block.Held.Min;
            state = state with
            {
                Tasks = state.Tasks.SetItem(owner.Path, task with { Block = block with { Held = block.Held.Remove(first) } }),
            };
            state = Open(state, state.Task(first.Task));
            task = state.Task(owner);
        }

        return state;
    }

    private static ExecutionState Release(ExecutionState state, string path)
    {
        if (!state.Dependents.TryGetValue(path, out var waiting))
        {
            return state;
        }

        state = state with { Dependents = state.Dependents.Remove(path) };
        foreach (var dependent in waiting)
        {
            state = OneDependencyLess(state, dependent);
        }

        return state;
    }

    private static ExecutionState OneDependencyLess(ExecutionState state, string path)
    {
        if (state.Find(path) is not { OpenDependencies: > 0 } waiting)
        {
            return state;
        }

        waiting = waiting with { OpenDependencies = waiting.OpenDependencies - 1 };
        state = state with { Tasks = state.Tasks.SetItem(path, waiting) };
        return waiting is { OpenDependencies: 0, Status: TaskRunStatus.Pending } ? Open(state, waiting) : state;
    }

    private static ExecutionState SettleIteration(ExecutionState state, TaskState owner, TaskInstance settled, TaskRunStatus status)
    {
        if (owner.Loop is not { } loop || !loop.Active.Contains(settled.Iteration))
        {
            return state;
        }

        var isFailed = status is TaskRunStatus.Failed;
        return Move(state, owner with
        {
            Loop = loop with
            {
                Active = loop.Active.Remove(settled.Iteration),
                Unjudged = loop.Unjudged.Add(settled.Iteration),
                Done = loop.Done + 1,
                Failed = loop.Failed + (isFailed ? 1 : 0),
                FirstFailed = isFailed ? loop.FirstFailed ?? settled.Path : loop.FirstFailed,
            },
        });
    }
}
