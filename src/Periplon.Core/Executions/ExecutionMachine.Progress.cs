namespace Periplon.Core.Executions;

public static partial class ExecutionMachine
{
    private static ExecutionState ApplyProgress(ExecutionState state, TaskState before, TaskEvent happened) => happened switch
    {
        TaskEntered e => Entered(state, before, e),
        TaskPhaseStarted e => EnterPhase(state, before, e.Phase),
        TaskWaiting e => Move(Started(state, e), before with
        {
            Status = TaskRunStatus.Waiting, DueAt = e.DueAt, ScheduledAt = before.ScheduledAt ?? e.At,
            StartedAt = e.Kind is WaitKind.Concurrency or WaitKind.Rate ? before.StartedAt : e.At,
            Attempt = e.Kind is WaitKind.Child ? before.Attempt + 1 : before.Attempt,
            Wait = new TaskWait(e.Kind, e.Name, e.Child, e.Inputs, e.At),

            // Every attempt is a start of its own.
            Granted = e.Kind is WaitKind.Rate ? before.Granted & ~LimitKinds.Rate : before.Granted,
        }),
        TaskStopRequested e => Stopped(state, before, e),
        LoopEntered e => Move(state with { StartedAt = state.StartedAt ?? e.At }, before with
        {
            Status = TaskRunStatus.Running, Phase = before.Instance.Planned.OwnPhase, StartedAt = e.At, DeadlineAt = e.DeadlineAt,
            DueAt = null, Wait = null,
            Loop = new LoopState
            {
                Items = e.Items ?? default, ItemList = e.Items is { } items ? [.. items.EnumerateArray()] : [], Count = e.Count,
                Parallel = e.Parallel,
            },
        }),
        IterationStarted e => StartIteration(state, before, e),
        IterationSkipped e => Move(state, before with
        {
            DueAt = null, Loop = before.Loop! with { Next = e.Index + 1, Unjudged = [], HasWaited = true },
        }),
        LoopDelayed e => Move(state, before with
        {
            DueAt = e.DueAt, Loop = before.Loop! with { Unjudged = [], HasWaited = false },
        }),
        LoopEnded e => Move(state, before with { DueAt = null, Loop = before.Loop! with { Ended = e.Reason, Unjudged = [] } }),
        LimitGranted { DueAt: { } due } e => Move(state, before with { Granted = before.Granted | e.Limit, DueAt = due }),
        LimitGranted e => Reopen(state, before with
        {
            Granted = before.Granted | e.Limit,
            Place = e.Limit is LimitKinds.Concurrency ? before.Wait : before.Place,
        }),
        SignalTaken => Take(state, before),
        _ => state,
    };

    // Who waits for a limit has not begun.
    private static ExecutionState Started(ExecutionState state, TaskWaiting e) =>
        e.Kind is WaitKind.Concurrency or WaitKind.Rate ? state : state with { StartedAt = state.StartedAt ?? e.At };

    private static ExecutionState Stopped(ExecutionState state, TaskState task, TaskStopRequested e)
    {
        var phase = state.IsKilled ? int.MaxValue : task.Instance.Planned.OwnPhase;
        var stop = new TaskStop(phase, StopAt(state, task, e), e.Reason, e.Failure, e.Skip);
        task = task with { Stop = stop };
        return GiveUp(Move(state, task), task, stop.At + ExecutionPlanner.StopGrace);
    }

    // Those who work at what is stopped get some time to confirm. Nobody begins such work any more, so that it is enough to tell them now.
    private static ExecutionState GiveUp(ExecutionState state, TaskState task, DateTimeOffset at)
    {
        var instance = task.Instance;
        if (task.Status.IsSettled() || (IsInHandlers(task) && !state.IsKilled))
        {
            return state;
        }

        foreach (var inner in task.Block?.Tasks ?? [])
        {
            state = GiveUp(state, state.Task(inner), at);
        }

        foreach (var index in task.Loop?.Active ?? [])
        {
            state = GiveUp(state, state.Tasks[instance.PathOf(index)], at);
        }

        return IsAtWork(task) || task.Wait is { Kind: WaitKind.Child }
            ? Move(state, task with { GivesUpAt = task.GivesUpAt < at ? task.GivesUpAt : at })
            : state;
    }

    /// <summary>Whether a task is in a phase that runs on when the task is stopped.</summary>
    internal static bool IsInHandlers(TaskState task) => task.Phase >= 0 && task.Instance.Planned.Phases[task.Phase].IsProtected;

    // The workflow is being stopped since somebody asked for it, whenever that was noticed.
    private static DateTimeOffset StopAt(ExecutionState state, TaskState task, TaskStopRequested e) =>
        task.Instance.Around is not null || state.IsKilled ? e.At : state.CancelRequestedAt ?? state.TimeLimitReachedAt ?? e.At;

    private static ExecutionState Entered(ExecutionState state, TaskState before, TaskEntered e)
    {
        var planned = before.Instance.Planned;
        var block = e.Case is { } chosen && planned.Cases.TryGetValue(chosen, out var tasks) ? tasks : planned.OwnBlock!;

        // Entered again, when its definition of done was not met.
        before = before with
        {
            Phase = planned.OwnPhase, StartedAt = before.StartedAt ?? e.At, DeadlineAt = before.DeadlineAt ?? e.DeadlineAt,
            Work = AttemptWork.Task, DueAt = null, Case = e.Case,
        };
        return EnterBlock(state, before, block);
    }

    private static ExecutionState StartIteration(ExecutionState state, TaskState loopTask, IterationStarted e)
    {
        var loop = loopTask.Loop!;
        var owner = loopTask.Instance;
        var instance = new TaskInstance(owner.Planned.Iteration!, owner, owner.PathOf(e.Index), state.NextNumber, e.Index);
        var all = state.Tasks.ToBuilder();
        var isRepeated = Replace(all, instance);
        state = state with
        {
            Tasks = all.ToImmutable(), NextNumber = state.NextNumber + 1, Settled = state.Settled - (isRepeated ? 1 : 0),
            HasRepeats = state.HasRepeats || isRepeated,
        };
        state = Move(state, loopTask with
        {
            DueAt = null,
            Loop = loop with { Next = e.Index + 1, Active = loop.Active.Add(e.Index), Unjudged = [], HasWaited = true },
        });
        return Open(state, state.Task(instance));
    }

    // A task that got through one of its limits is open again, for the next or for its work.
    private static ExecutionState Reopen(ExecutionState state, TaskState task)
    {
        state = Move(state, task with { Status = TaskRunStatus.Pending, Wait = null, DueAt = null });
        return task.Instance.Planned.NeedsWorker
            ? state with { Open = state.Open.Add(task.Instance.Rank) }
            : state with { OpenOthers = state.OpenOthers.Add(task.Instance.Rank) };
    }

    private static ExecutionState Take(ExecutionState state, TaskState task)
    {
        var slot = SignalReceived.SlotOf(task.Wait?.Kind ?? WaitKind.Signal, task.Wait?.Name);
        var kept = Kept(state, slot);
        var rest = kept.IsEmpty ? kept : kept.RemoveAt(0);
        return state with { Signals = rest.IsEmpty ? state.Signals.Remove(slot) : state.Signals.SetItem(slot, rest) };
    }
}
