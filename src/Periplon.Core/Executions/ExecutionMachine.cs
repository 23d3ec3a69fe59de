using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

/// <summary>
/// The execution machine: what an event does to an execution. Pure and deterministic, so that a recorded history leads to the same state on
/// every build. It judges nothing: conditions, items and values are decided by the planner and stand in the events. Grain, local run,
/// debugger and simulator all use it.
/// </summary>
public static partial class ExecutionMachine
{
    /// <summary>The state after the first event.</summary>
    /// <param name="plan">Plan of the pinned revision.</param>
    /// <param name="created">The first event.</param>
    public static ExecutionState Start(ExecutionPlan plan, ExecutionCreated created)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(created);

        // The workflow itself is number −1, so that the tasks of its first block are numbered by their places in the file.
        var root = new TaskInstance(plan.Root, around: null, path: "", number: -1);
        var state = new ExecutionState { Plan = plan, Created = created, LastEventAt = created.At };
        state = WithKept(state with { Tasks = state.Tasks.Add("", new TaskState { Instance = root }) });
        return plan.Root.Definition.Concurrency is null ? EnterPhase(state, state.Root, 0) : Open(state, state.Root);
    }

    /// <summary>The revision on whose plan a history replays: the pinned one, or the newest that it was moved to.</summary>
    /// <param name="history">All events, the creation first.</param>
    /// <exception cref="InvalidOperationException">The history does not begin with the creation.</exception>
    public static int RevisionOf(IReadOnlyList<ExecutionEvent> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.OfType<RevisionMigrated>().LastOrDefault()?.Revision
            ?? (history is [ExecutionCreated created, ..] ? created.Revision
                : throw new InvalidOperationException("A history does not begin with the creation"));
    }

    /// <summary>The state after a whole history.</summary>
    /// <param name="plan">Plan of the revision that <see cref="RevisionOf"/> names.</param>
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
            SignalReceived e => state with
            {
                Signals = state.Signals.SetItem(e.Slot, Kept(state, e.Slot).Add(e)),
                SignalKeys = e.Key is null ? state.SignalKeys : state.SignalKeys.Add(e.Key),
            },
            CancelRequested e => state with
            {
                CancelRequestedAt = state.CancelRequestedAt ?? e.At,
                CancelReason = state.CancelReason ?? e.Reason ?? (e.By is null ? null : $"cancelled by {e.By}"),
                IsKilled = state.IsKilled || e.Kill,
            },
            TimeLimitReached e => state with { TimeLimitReachedAt = e.At },
            ExecutionPaused => state with { IsPaused = true },
            ExecutionResumed => state with { IsPaused = false },
            RevisionMigrated e => state with
            {
                Created = state.Created with
                {
                    Revision = e.Revision, WorkflowVersion = e.WorkflowVersion, Inputs = e.Inputs, SecretInputs = e.SecretInputs,
                },
            },
            ExecutionFinished e => state with
            {
                Status = e.Status, FinishedAt = e.At, Error = e.Error, Outputs = e.Outputs,
                Open = [], OpenOthers = [], Ready = [], Running = [], Waiting = [], Undecided = [], Stopping = [],
                Delayed = [], Timers = [], Overdue = [], Awaiting = state.Awaiting.Clear(),
            },
            _ => state,
        };
        next = next with { LastEventAt = happened.At };
        return next.IsTerminal ? next : next with { Status = StatusOf(next) };
    }

    private static System.Collections.Immutable.ImmutableList<SignalReceived> Kept(ExecutionState state, string slot) =>
        state.Signals.GetValueOrDefault(slot) ?? [];

    private static ExecutionState ApplyTask(ExecutionState state, TaskEvent happened)
    {
        if (state.Find(happened.Task) is not { } before || before.Status.IsSettled())
        {
            return state;
        }

        return happened switch
        {
            TaskScheduled e => Scheduled(state, before, e),
            TaskStarted e => Move(
                state with { StartedAt = state.StartedAt ?? e.At },
                before with
                {
                    Status = TaskRunStatus.Running, Attempt = e.Attempt, Delivery = e.Delivery, Worker = e.Worker, Token = e.Token,

                    // A check is a part of a task that began long before.
                    StartedAt = before.Work is AttemptWork.Check ? before.StartedAt : e.At,
                }),
            TaskReturned e => Move(
                state,
                before with
                {
                    Status = TaskRunStatus.Ready, Lost = before.Lost + (e.Lost ? 1 : 0), Reason = e.Reason,

                    // Whatever becomes of the task now, a report of the lease that ended is late.
                    Token = Guid.Empty,
                }),
            TaskRetryScheduled e => Move(
                state with { Retries = state.Retries + (e.Work is null ? 1 : 0) },
                before with
                {
                    Status = TaskRunStatus.Waiting, DueAt = e.DueAt, Agent = e.Agent ?? before.Agent, Work = e.Work ?? before.Work,
                    Wait = null, Block = null, Stop = null, GivesUpAt = null,
                }),
            TaskFailed { Final: false } e => Move(
                state, Failed(before, e) with { Status = TaskRunStatus.Waiting, Wait = null, DueAt = null }),
            TaskFailed e => EndOwnWork(state, Failed(before, e), TaskRunStatus.Failed, e.At),
            TaskCompleted e => EndOwnWork(
                e.Output.State is { Count: > 0 } values ? state with { Values = state.Values.SetItems(values) } : state,
                before with { Output = e.Output, Failure = null, Reason = null },
                TaskRunStatus.Completed,
                e.At),
            TaskCancelled e => EndOwnWork(state, before with { Reason = e.Reason }, TaskRunStatus.Cancelled, e.At),
            TaskSkipped e when before.StartedAt is not null => EndOwnWork(
                state, before with { Reason = e.Reason, SkippedUpstream = e.Upstream }, TaskRunStatus.Skipped, e.At),
            TaskSkipped e => Settle(
                state, before with { Reason = e.Reason, SkippedUpstream = e.Upstream }, TaskRunStatus.Skipped, e.At),
            TaskKept => Keep(state, before, happened.At),
            TaskSettled e => Settle(
                state,
                before with { Failure = e.Failure ?? before.Failure },
                e.Failure is null ? before.Ended ?? TaskRunStatus.Completed : TaskRunStatus.Failed,
                e.At),
            _ => ApplyProgress(state, before, happened),
        };
    }

    private static ExecutionState Scheduled(ExecutionState state, TaskState before, TaskScheduled e)
    {
        var isSame = e.Attempt == before.Attempt;
        return Move(state, before with
        {
            Status = TaskRunStatus.Ready, Attempt = e.Attempt, Work = e.Work, ScheduledAt = e.At, DueAt = null, Wait = null,
            Phase = before.Instance.Planned.OwnPhase, Block = null,
            Delivery = isSame ? before.Delivery : 0,
            Lost = isSame ? before.Lost : 0,
        });
    }

    private static TaskState Failed(TaskState before, TaskFailed e) => before with
    {
        Failure = e.Failure,
        Output = e.Output,

        // An attempt that was given up has no lease any more, so that its late report is seen to be late.
        Token = e.GivenUp ? Guid.Empty : before.Token,
        Unmet = before.Unmet + (!e.Final && e.Failure.Kind == FailureKinds.DefinitionOfDone ? 1 : 0),
    };

    private static ExecutionStatus StatusOf(ExecutionState state)
    {
        var isIdle = state.Running.IsEmpty && state.Ready.IsEmpty && state.Open.IsEmpty && state.OpenOthers.IsEmpty
            && state.Undecided.IsEmpty;
        return state.IsHeld && state.Running.IsEmpty ? ExecutionStatus.Paused
            : state.StartedAt is null && state.Waiting.IsEmpty ? ExecutionStatus.Queued
            : state.StartedAt is null && state.Root.Wait is not null ? ExecutionStatus.Queued
            : isIdle && !(state.Delayed.IsEmpty && state.Waiting.IsEmpty && state.Timers.IsEmpty) ? ExecutionStatus.Waiting
            : ExecutionStatus.Running;
    }
}
