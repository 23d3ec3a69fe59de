using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

/// <summary>
/// The planner: what follows from the state of an execution by itself. It schedules tasks that may run, skips those that may not, moves
/// loops on, fires due timers and ends the execution, until nothing more follows. Pure: the time is that of the turn.
/// </summary>
public static partial class ExecutionPlanner
{
    /// <summary>How long after the end was asked for a running attempt may take to confirm. Default: 30 seconds.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(30);

    /// <summary>How much later than its worker the execution itself ends an attempt that is over its time. Default: 30 seconds.</summary>
    public static readonly TimeSpan TimeoutGrace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// So many events, and the rest is left to the next turn: loops that run no work can go on for long without anybody's help.
    /// </summary>
    public const int MaxEventsPerTurn = 2_000;

    /// <summary>
    /// So much of <see cref="Conditions.ConditionEvaluator.CostOf"/>, and the rest is left to the next turn: the execution hears nobody
    /// while conditions are asked.
    /// </summary>
    public const int MaxConditionCostPerTurn = 2_000;

    /// <summary>Records everything that follows.</summary>
    /// <param name="turn">The turn.</param>
    public static void Advance(ExecutionTurn turn)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (turn.State.IsTerminal)
        {
            return;
        }

        if (turn.State is { TimeLimitReachedAt: null, Created.TimeLimitAt: { } limit } && limit <= turn.Now)
        {
            turn.Record(new TimeLimitReached { At = turn.Now });
        }

        EndOverdue(turn);
        if (!turn.State.IsHeld)
        {
            FireTimers(turn);
        }

        int before;
        do
        {
            before = turn.Events.Count;
            StopAtEnd(turn);
            DecideUndecided(turn);
            if (!turn.State.IsHeld)
            {
                StopAtEnd(turn);
                ScheduleDue(turn);
                StartOthers(turn);
                StartWork(turn);
            }
        }
        while (turn.Events.Count > before && !turn.State.IsTerminal && !IsFull(turn));

        if (!turn.State.IsTerminal && turn.State.Root.Status.IsSettled())
        {
            turn.Record(Finish(turn, failedHandler: null));
        }
    }

    /// <summary>
    /// The next time at which <see cref="Advance"/> has something to do even if nothing happens; null when there is none.
    /// </summary>
    /// <param name="state">The state.</param>
    public static DateTimeOffset? NextTimer(ExecutionState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.IsTerminal)
        {
            return null;
        }

        if (state.IsEnding && state.Root.Stop is null)
        {
            return state.LastEventAt;
        }

        var next = state.TimeLimitReachedAt is null ? state.Created.TimeLimitAt : null;
        if (!state.IsHeld)
        {
            if (!state.Undecided.IsEmpty || !state.OpenOthers.IsEmpty || (!state.Open.IsEmpty && HasRoom(state)))
            {
                // A turn that was full; the rest follows at once.
                return state.LastEventAt;
            }

            next = state.Delayed.IsEmpty || !HasRoom(state) ? next : Earlier(next, state.Delayed.Min.At);
            next = state.Timers.IsEmpty ? next : Earlier(next, state.Timers.Min.At);
        }

        return state.Overdue.IsEmpty ? next : Earlier(next, state.Overdue.Min.At);
    }

    private static bool IsFull(ExecutionTurn turn) =>
        turn.Events.Count >= MaxEventsPerTurn || turn.ConditionCost >= MaxConditionCostPerTurn;

    private static bool HasRoom(ExecutionState state) => state.Ready.Count + state.Running.Count < state.Plan.Workflow.MaxParallel;

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right ?? left : left;

    private static void EndOverdue(ExecutionTurn turn)
    {
        while (!turn.State.Overdue.IsEmpty && turn.State.Overdue.Min is var timer && timer.At <= turn.Now)
        {
            var running = turn.State.Task(timer.Task);
            if (turn.State.FindStop(timer.Task) is not null)
            {
                EndStopped(turn, running, NotConfirmed(running));
            }
            else
            {
                var failure = new TaskFailure(
                    FailureKinds.Timeout,
                    $"Worker {running.Worker} did not end the attempt at its limit of {timer.Task.Planned.TimeoutSecs} s");
                TaskFailures.Record(turn, running, failure, output: null, random: 0, givenUp: true);
            }
        }
    }

    private static string NotConfirmed(TaskState task) =>
        $"{(task.Wait?.Child is { } child ? $"execution {child}" : $"worker {task.Worker}")} did not confirm the stop";

    /// <summary>
    /// Ends a task that was stopped: it has failed if its own limit stopped it, is skipped if a person skipped it, else cancelled.
    /// </summary>
    internal static void EndStopped(ExecutionTurn turn, TaskState task, string reason, TaskOutput? output = null)
    {
        if (task.Stop?.Failure is { } failure)
        {
            Fail(turn, task.Instance, failure, output);
        }
        else if (task.Stop is { Skip.Output: { } given })
        {
            turn.Record(new TaskCompleted { At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt, Output = given });
        }
        else if (task.Stop is { Skip: not null } skipped)
        {
            turn.Record(new TaskSkipped { At = turn.Now, Task = task.Instance.Path, Reason = skipped.Reason });
        }
        else
        {
            turn.Record(new TaskCancelled { At = turn.Now, Task = task.Instance.Path, Reason = reason });
        }
    }

    private static void ScheduleDue(ExecutionTurn turn)
    {
        while (!turn.State.Delayed.IsEmpty && HasRoom(turn.State) && turn.State.Delayed.Min is var timer && timer.At <= turn.Now)
        {
            var task = turn.State.Task(timer.Task);
            if (IsLimitedStart(task))
            {
                TryBegin(turn, timer.Task, () => turn.Record(AskForStart(turn.State, timer.Task) with { At = turn.Now }));
                continue;
            }

            if (timer.Task.Planned.Shape is TaskShape.Subflow && task.Agent is null)
            {
                TryBegin(turn, timer.Task, () => BeginWait(turn, timer.Task));
                continue;
            }

            turn.Record(new TaskScheduled { At = turn.Now, Task = timer.Task.Path, Attempt = task.Attempt + 1, Work = task.Work });
        }
    }
}
