namespace Periplon.Core.Executions;

/// <summary>
/// The execution machine: what an event does to an execution. Pure and deterministic, so that a recorded history leads to the same state on
/// every build. Grain, local run, debugger and simulator all use it.
/// </summary>
public static class ExecutionMachine
{
    /// <summary>The state after the first event.</summary>
    /// <param name="plan">Plan of the pinned revision.</param>
    /// <param name="created">The first event.</param>
    public static ExecutionState Start(ExecutionPlan plan, ExecutionCreated created)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(created);
        return new() { Plan = plan, Created = created, Open = plan.Roots, LastEventAt = created.At };
    }

    /// <summary>The state after a whole history.</summary>
    /// <param name="plan">Plan of the pinned revision.</param>
    /// <param name="history">All events, the creation first.</param>
    /// <exception cref="InvalidOperationException">The history does not begin with the creation.</exception>
    public static ExecutionState Replay(ExecutionPlan plan, IEnumerable<ExecutionEvent> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        ExecutionState? state = null;
        foreach (var happened in history)
        {
            state = state is null
                ? Start(
                    plan, happened as ExecutionCreated
                        ?? throw new InvalidOperationException($"A history begins with {happened.GetType().Name}"))
                : Apply(state, happened);
        }

        return state ?? throw new InvalidOperationException("A history is empty");
    }

    /// <summary>
    /// The state after one more event. A terminal execution does not change any more, and neither does a settled task: such events are
    /// ignored, because a late report can only repeat what has been decided.
    /// </summary>
    /// <param name="state">The state before.</param>
    /// <param name="happened">The event.</param>
    public static ExecutionState Apply(ExecutionState state, ExecutionEvent happened)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(happened);
        if (state.IsTerminal)
        {
            return state;
        }

        var next = happened switch
        {
            TaskEvent taskEvent => ApplyTask(state, taskEvent),
            CancelRequested e => state with
            {
                CancelRequestedAt = state.CancelRequestedAt ?? e.At,
                CancelReason = state.CancelReason ?? e.Reason ?? (e.By is null ? null : $"cancelled by {e.By}"),
            },
            TimeLimitReached e => state with { TimeLimitReachedAt = e.At },
            ExecutionPaused => state with { IsPaused = true },
            ExecutionResumed => state with { IsPaused = false },
            ExecutionFinished e => state with
            {
                Status = e.Status, FinishedAt = e.At, Error = e.Error, Outputs = e.Outputs,
                Open = [], Ready = [], Running = [], Delayed = [],
            },
            _ => state,
        };
        next = next with { LastEventAt = happened.At };
        return next.IsTerminal ? next : next with { Status = StatusOf(next) };
    }

    private static ExecutionState ApplyTask(ExecutionState state, TaskEvent happened)
    {
        if (state.Plan.Find(happened.Task) is not { } task)
        {
            return state;
        }

        var before = state.Task(task);
        if (before.Status.IsSettled())
        {
            return state;
        }

        return happened switch
        {
            TaskScheduled e => Move(state, task, before with
            {
                Status = TaskRunStatus.Ready, Attempt = e.Attempt, ScheduledAt = e.At, DueAt = null,
                Delivery = e.Attempt == before.Attempt ? before.Delivery : 0,
                Lost = e.Attempt == before.Attempt ? before.Lost : 0,
            }),
            TaskStarted e => Move(
                state with { StartedAt = state.StartedAt ?? e.At },
                task,
                before with
                {
                    Status = TaskRunStatus.Running, Attempt = e.Attempt, Delivery = e.Delivery, Worker = e.Worker, Token = e.Token,
                    StartedAt = e.At,
                }),
            TaskReturned e => Move(
                state, task, before with { Status = TaskRunStatus.Ready, Lost = before.Lost + (e.Lost ? 1 : 0), Reason = e.Reason }),
            TaskRetryScheduled e => Move(
                state with { Retries = state.Retries + 1 }, task, before with { Status = TaskRunStatus.Waiting, DueAt = e.DueAt }),
            TaskFailed { Final: false } e => Move(state, task, before with
            {
                Status = TaskRunStatus.Waiting, Failure = e.Failure, Output = e.Output, Token = TokenAfter(e, before),
            }),
            TaskFailed e => Settle(
                state with { FirstFailure = state.FirstFailure ?? (task.Definition.ContinueOnError ? null : task.Path) },
                task,
                before with
                {
                    Status = TaskRunStatus.Failed, Failure = e.Failure, Output = e.Output, FinishedAt = e.At, Token = TokenAfter(e, before),
                }),
            TaskCompleted e => Settle(
                e.Output.State is { Count: > 0 } values ? state with { Values = state.Values.SetItems(values) } : state,
                task,
                before with { Status = TaskRunStatus.Completed, Output = e.Output, Failure = null, Reason = null, FinishedAt = e.At }),
            TaskSkipped e => Settle(
                state, task,
                before with { Status = TaskRunStatus.Skipped, Reason = e.Reason, SkippedUpstream = e.Upstream, FinishedAt = e.At }),
            TaskCancelled e => Settle(state, task, before with { Status = TaskRunStatus.Cancelled, Reason = e.Reason, FinishedAt = e.At }),
            _ => state,
        };
    }

    // An attempt that was given up has no lease any more, so that its late report is seen to be late.
    private static Guid TokenAfter(TaskFailed happened, TaskState before) => happened.GivenUp ? Guid.Empty : before.Token;

    private static ExecutionState Settle(ExecutionState state, PlannedTask task, TaskState after)
    {
        state = Move(state, task, after with { DueAt = null }) with { Settled = state.Settled + 1 };
        var tasks = state.Tasks;
        var open = state.Open;
        foreach (var index in task.Dependents)
        {
            var dependent = state.Plan.Tasks[index];
            var waiting = tasks.TryGetValue(dependent.Path, out var known)
                ? known
                : new TaskState { OpenDependencies = dependent.DependsOn.Length };
            waiting = waiting with { OpenDependencies = waiting.OpenDependencies - 1 };
            tasks = tasks.SetItem(dependent.Path, waiting);
            if (waiting is { OpenDependencies: 0, Status: TaskRunStatus.Pending })
            {
                open = open.Add(dependent.Rank);
            }
        }

        return state with { Tasks = tasks, Open = open };
    }

    // Every change of a task's status goes through here, so that the sets always agree with the tasks.
    private static ExecutionState Move(ExecutionState state, PlannedTask task, TaskState after)
    {
        var before = state.Task(task);
        var rank = task.Rank;
        return state with
        {
            Tasks = state.Tasks.SetItem(task.Path, after),
            Open = before.Status is TaskRunStatus.Pending && after.Status is not TaskRunStatus.Pending
                ? state.Open.Remove(rank)
                : state.Open,
            Ready = after.Status is TaskRunStatus.Ready ? state.Ready.Add(rank) : state.Ready.Remove(rank),
            Running = after.Status is TaskRunStatus.Running ? state.Running.Add(rank) : state.Running.Remove(rank),
            Delayed = (before.DueAt, after.DueAt) switch
            {
                (null, null) => state.Delayed,
                ({ } old, null) => state.Delayed.Remove((old, rank.Index)),
                (null, { } due) => state.Delayed.Add((due, rank.Index)),
                ({ } old, { } due) => state.Delayed.Remove((old, rank.Index)).Add((due, rank.Index)),
            },
        };
    }

    private static ExecutionStatus StatusOf(ExecutionState state) =>
        state.IsPaused && state.Running.IsEmpty ? ExecutionStatus.Paused
        : state.StartedAt is null ? ExecutionStatus.Queued
        : state.Running.IsEmpty && state.Ready.IsEmpty && state.Open.IsEmpty && !state.Delayed.IsEmpty ? ExecutionStatus.Waiting
        : ExecutionStatus.Running;
}
