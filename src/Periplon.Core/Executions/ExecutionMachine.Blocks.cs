using System.Collections.Immutable;
using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

public static partial class ExecutionMachine
{
    // Every change of a task goes through here, so that the sets always agree with the tasks.
    private static ExecutionState Move(ExecutionState state, TaskState after)
    {
        var task = after.Instance;
        var before = state.Task(task);
        var rank = task.Rank;
        var isRetry = after.Status is TaskRunStatus.Waiting && after.Wait is null && after.DueAt is not null;
        var wasRetry = before.Status is TaskRunStatus.Waiting && before.Wait is null && before.DueAt is not null;
        var leavesOpen = before.Status is TaskRunStatus.Pending && after.Status is not TaskRunStatus.Pending;
        return state with
        {
            Tasks = state.Tasks.SetItem(task.Path, after),
            Open = leavesOpen ? state.Open.Remove(rank) : state.Open,
            OpenOthers = leavesOpen ? state.OpenOthers.Remove(rank) : state.OpenOthers,
            Ready = With(state.Ready, rank, before.Status is TaskRunStatus.Ready, after.Status is TaskRunStatus.Ready),
            Running = With(state.Running, rank, IsAtWork(before), IsAtWork(after)),
            Waiting = With(state.Waiting, rank, before.Wait is not null, after.Wait is not null),
            Undecided = With(state.Undecided, rank, IsUndecided(state, before), IsUndecided(state, after)),
            Delayed = Timed(state.Delayed, task, wasRetry ? before.DueAt : null, isRetry ? after.DueAt : null),
            Timers = Timed(
                Timed(state.Timers, task, wasRetry ? null : DueOf(before), isRetry ? null : DueOf(after)),
                task, DeadlineOf(before), DeadlineOf(after), isDeadline: true),
            Overdue = Timed(state.Overdue, task, OverdueOf(before), OverdueOf(after)),
            Stopping = With(state.Stopping, rank, IsStopping(before), IsStopping(after)),
            Awaiting = Listening(state.Awaiting, rank, before.Wait?.Slot, after.Wait?.Slot),
        };
    }

    private static DateTimeOffset? DeadlineOf(TaskState task) =>
        task.Status.IsSettled() || task.Ended is not null || task.Stop is not null ? null : task.DeadlineAt;

    private static DateTimeOffset? DueOf(TaskState task) => task.Stop is null ? task.DueAt : null;

    // The worker keeps the time limit; this is the net below it, for a worker that hangs without dying.
    private static DateTimeOffset? OverdueOf(TaskState task)
    {
        if (!IsAtWork(task))
        {
            return task.Wait is { Kind: WaitKind.Child } ? task.GivesUpAt : null;
        }

        var byLimit = task is { StartedAt: { } startedAt, Instance.Planned.TimeoutSecs: { } seconds }
            ? WaitTimes.After(startedAt, seconds) + ExecutionPlanner.TimeoutGrace
            : (DateTimeOffset?)null;
        return byLimit is null || task.GivesUpAt < byLimit ? task.GivesUpAt ?? byLimit : byLimit;
    }

    private static bool IsStopping(TaskState task) => task.Stop is not null && !task.Status.IsSettled();

    private static ImmutableDictionary<string, ImmutableSortedSet<TaskRank>> Listening(
        ImmutableDictionary<string, ImmutableSortedSet<TaskRank>> awaiting, TaskRank rank, string? was, string? isNow)
    {
        if (was == isNow)
        {
            return awaiting;
        }

        if (was is not null && awaiting.TryGetValue(was, out var others))
        {
            others = others.Remove(rank);
            awaiting = others.IsEmpty ? awaiting.Remove(was) : awaiting.SetItem(was, others);
        }

        return isNow is null ? awaiting : awaiting.SetItem(isNow, (awaiting.GetValueOrDefault(isNow) ?? []).Add(rank));
    }

    private static bool IsAtWork(TaskState task) =>
        task is { Status: TaskRunStatus.Running, Block: null, Loop: null, Ended: null };

    // A task whose block has ended or is to be stopped after a failure, or whose loop can go on, is over or is to be stopped.
    private static bool IsUndecided(ExecutionState state, TaskState task) =>
        task.Status is TaskRunStatus.Running
        && (task.Block is { Unsettled: 0 }
            || (task is { Loop: { Failed: > 0, Active.IsEmpty: false }, Stop: null } && state.Plan.Workflow.FailFast)
            || task is { Block: { FirstFailed: not null, Planned.StopsAtFailure: true }, Stop: null }
            || task is { Block: null, Ended: not null }
            || task.Loop is { } loop && (loop.Active.IsEmpty
                ? loop.HasWaited || !loop.MayGoOn
                : loop.MayGoOn && loop.HasWaited && loop.Active.Count < loop.Parallel));

    private static ImmutableSortedSet<TaskRank> With(ImmutableSortedSet<TaskRank> set, TaskRank rank, bool was, bool isNow) =>
        was == isNow ? set : isNow ? set.Add(rank) : set.Remove(rank);

    private static ImmutableSortedSet<TaskTimer> Timed(
        ImmutableSortedSet<TaskTimer> timers, TaskInstance task, DateTimeOffset? was, DateTimeOffset? isNow, bool isDeadline = false)
    {
        if (was == isNow)
        {
            return timers;
        }

        timers = was is { } old ? timers.Remove(TaskTimer.Of(old, task, isDeadline)) : timers;
        return isNow is { } due ? timers.Add(TaskTimer.Of(due, task, isDeadline)) : timers;
    }

    private static ExecutionState EnterPhase(ExecutionState state, TaskState task, int phase)
    {
        var planned = task.Instance.Planned;
        task = task with { Phase = phase, HandlerFailed = task.FailedHandler };
        return EnterBlock(state, task, planned.Phases[phase].Block!);
    }

    // The tasks of a block come into being together, in the order of the plan.
    private static ExecutionState EnterBlock(ExecutionState state, TaskState owner, PlannedBlock planned)
    {
        var tasks = ImmutableArray.CreateBuilder<TaskInstance>(planned.Tasks.Length);
        var all = state.Tasks.ToBuilder();
        var settled = state.Settled;
        var repeats = state.HasRepeats;
        foreach (var child in planned.Tasks)
        {
            var number = state.NextNumber + tasks.Count;
            var instance = new TaskInstance(child, owner.Instance, owner.Instance.PathOf(child), number);
            var isRepeated = Replace(all, instance);
            settled -= isRepeated ? 1 : 0;
            repeats |= isRepeated;
            tasks.Add(instance);
        }

        var block = new BlockState { Planned = planned, Tasks = tasks.MoveToImmutable(), Unsettled = planned.Tasks.Length };
        state = state with
        {
            Tasks = all.ToImmutable(), NextNumber = state.NextNumber + planned.Tasks.Length, Settled = settled, HasRepeats = repeats,
        };
        state = Move(state, owner with { Status = TaskRunStatus.Running, Block = block, Loop = null, Wait = null, DueAt = null });
        foreach (var instance in block.Tasks)
        {
            state = CountDependencies(state, instance);
        }

        return state;
    }

    // A task whose work is repeated finds the instance of the round before: its attempts go on counting, so that no key comes twice.
    private static bool Replace(ImmutableDictionary<string, TaskState>.Builder all, TaskInstance instance)
    {
        var isRepeated = all.TryGetValue(instance.Path, out var earlier);
        all[instance.Path] = new TaskState
        {
            Instance = instance, Attempt = earlier?.Attempt ?? 0, EarlierAttempts = earlier?.Attempt ?? 0,
            OpenDependencies = instance.Planned.LocalDependencies,
        };
        return isRepeated && earlier!.Status.IsSettled();
    }

    private static ExecutionState CountDependencies(ExecutionState state, TaskInstance instance)
    {
        var planned = instance.Planned;
        var task = state.Task(instance);
        if (planned.LocalDependencies < planned.DependsOn.Length)
        {
            foreach (var on in planned.DependsOn.Where(on => !IsLocal(state, instance, on)))
            {
                if (state.FindOrAround(instance, on) is { } found && !found.Status.IsSettled()
                    && state.PathSeenFrom(instance, on) is { } path)
                {
                    var list = state.Dependents.GetValueOrDefault(path) ?? [];
                    state = state with { Dependents = state.Dependents.SetItem(path, list.Add(instance.Path)) };
                    task = task with { OpenDependencies = task.OpenDependencies + 1 };
                }
            }

            state = state with { Tasks = state.Tasks.SetItem(instance.Path, task) };
        }

        return task.OpenDependencies == 0 ? Open(state, task) : state;
    }

    private static bool IsLocal(ExecutionState state, TaskInstance instance, PlannedTask on) =>
        instance.Around is { } around && state.Task(around).Block is { } block
        && on.Position < block.Planned.Tasks.Length && ReferenceEquals(block.Planned.Tasks[on.Position], on);

    private static ExecutionState Open(ExecutionState state, TaskState task)
    {
        var rank = task.Instance.Rank;
        if (task.Instance.Around is { } around && state.Task(around) is { Block: { } block } owner)
        {
            var isHeld = block.Planned.MaxParallel <= block.Active && !task.Instance.Planned.IsNeededInside;
            block = isHeld ? block with { Held = block.Held.Add(rank) } : block with { Active = block.Active + 1 };
            state = state with { Tasks = state.Tasks.SetItem(around.Path, owner with { Block = block }) };
            if (isHeld)
            {
                return state;
            }
        }

        return task.Instance.Planned.NeedsWorker
            ? state with { Open = state.Open.Add(rank) }
            : state with { OpenOthers = state.OpenOthers.Add(rank) };
    }
}
