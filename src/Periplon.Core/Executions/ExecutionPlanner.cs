using Periplon.Core.Conditions;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

/// <summary>
/// The planner: what follows from the state of an execution by itself. It schedules tasks that may run, skips those that may not, fires due
/// timers and ends the execution, until nothing more follows. Pure: the time is that of the turn.
/// </summary>
public static class ExecutionPlanner
{
    /// <summary>How long after the end was asked for a running attempt may take to confirm. Default: 30 seconds.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(30);

    /// <summary>How much later than its worker the execution itself ends an attempt that is over its time. Default: 30 seconds.</summary>
    public static readonly TimeSpan TimeoutGrace = TimeSpan.FromSeconds(30);

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
        if (turn.State.IsEnding)
        {
            CancelRest(turn);
        }
        else if (!turn.State.IsPaused)
        {
            ScheduleDue(turn);
            ScheduleOpen(turn);
            if (turn.State.IsEnding)
            {
                // A condition that could not be evaluated failed its task, and the workflow is fail_fast.
                CancelRest(turn);
            }
        }

        if (turn.State.Settled == turn.State.Plan.Tasks.Length)
        {
            turn.Record(Finish(turn));
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

        var next = state.TimeLimitReachedAt is null ? state.Created.TimeLimitAt : null;
        if (!state.IsPaused && !state.Delayed.IsEmpty && HasRoom(state))
        {
            next = Earlier(next, state.Delayed.Min.DueAt);
        }

        foreach (var rank in state.Running)
        {
            next = Earlier(next, OverdueAt(state, state.Plan.Tasks[rank.Index]));
        }

        return next;
    }

    private static bool HasRoom(ExecutionState state) => state.Ready.Count + state.Running.Count < state.Plan.Workflow.MaxParallel;

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right ?? left : left;

    private static DateTimeOffset? EndingSince(ExecutionState state) =>
        state.CancelRequestedAt ?? state.TimeLimitReachedAt ?? (state.IsEnding ? FailedAt(state) : null);

    private static DateTimeOffset? FailedAt(ExecutionState state) =>
        state.FirstFailure is { } path && state.Plan.Find(path) is { } task ? state.Task(task).FinishedAt : null;

    // The worker keeps the time limit; this is the net below it, for a worker that hangs without dying.
    private static DateTimeOffset? OverdueAt(ExecutionState state, PlannedTask task)
    {
        var running = state.Task(task);
        var byLimit = task.TimeoutSecs is { } seconds ? running.StartedAt + TimeSpan.FromSeconds(seconds) + TimeoutGrace : null;
        return Earlier(byLimit, EndingSince(state) + StopGrace);
    }

    private static void EndOverdue(ExecutionTurn turn)
    {
        foreach (var rank in turn.State.Running)
        {
            var task = turn.State.Plan.Tasks[rank.Index];
            if (OverdueAt(turn.State, task) is not { } at || at > turn.Now)
            {
                continue;
            }

            var running = turn.State.Task(task);
            if (turn.State.IsEnding)
            {
                turn.Record(
                    new TaskCancelled { At = turn.Now, Task = task.Path, Reason = $"worker {running.Worker} did not confirm the stop" });
            }
            else
            {
                var failure = new TaskFailure(
                    FailureKinds.Timeout, $"Worker {running.Worker} did not end the attempt at its limit of {task.TimeoutSecs} s");
                var again = task.Retry.Allows(running.Attempt, failure);
                turn.Record(new TaskFailed
                {
                    At = turn.Now, Task = task.Path, Attempt = running.Attempt, Failure = failure, Final = !again, GivenUp = true,
                });
                if (again)
                {
                    turn.Record(
                        new TaskRetryScheduled { At = turn.Now, Task = task.Path, Attempt = running.Attempt + 1, DueAt = turn.Now });
                }
            }
        }
    }

    private static void CancelRest(ExecutionTurn turn)
    {
        var state = turn.State;
        if (state.Settled + state.Running.Count == state.Plan.Tasks.Length)
        {
            return;
        }

        var reason = state.TimeLimitReachedAt is not null ? "the workflow's time limit was reached"
            : state.CancelRequestedAt is not null ? state.CancelReason ?? "the execution was cancelled"
            : $"task '{state.FirstFailure}' failed and the workflow is fail_fast";
        foreach (var task in state.Plan.Tasks)
        {
            var status = state.Task(task).Status;
            if (!status.IsSettled() && status is not TaskRunStatus.Running)
            {
                turn.Record(new TaskCancelled { At = turn.Now, Task = task.Path, Reason = reason });
            }
        }
    }

    private static void ScheduleDue(ExecutionTurn turn)
    {
        while (!turn.State.Delayed.IsEmpty && HasRoom(turn.State) && turn.State.Delayed.Min is var (dueAt, index) && dueAt <= turn.Now)
        {
            var task = turn.State.Plan.Tasks[index];
            turn.Record(new TaskScheduled { At = turn.Now, Task = task.Path, Attempt = turn.State.Task(task).Attempt + 1 });
        }
    }

    private static void ScheduleOpen(ExecutionTurn turn)
    {
        var partners = new Queue<int>();
        while (!turn.State.Open.IsEmpty && !turn.State.IsEnding && HasRoom(turn.State))
        {
            var task = TakePartner(turn.State, partners) ?? turn.State.Plan.Tasks[turn.State.Open.Min.Index];
            var verdict = Judge(turn.State, task);
            turn.Record(verdict.ToEvent(task, turn.Now));
            if (verdict.Runs)
            {
                foreach (var partner in task.Partners)
                {
                    partners.Enqueue(partner);
                }
            }
        }
    }

    // parallel_with: partners that may run come right after the task, before others of the same or better priority.
    private static PlannedTask? TakePartner(ExecutionState state, Queue<int> partners)
    {
        while (partners.TryDequeue(out var index))
        {
            var task = state.Plan.Tasks[index];
            if (state.Open.Contains(task.Rank))
            {
                return task;
            }
        }

        return null;
    }

    private static Verdict Judge(ExecutionState state, PlannedTask task)
    {
        if (BlockedBy(state, task) is { } blocker && !task.RunsAfterFailure)
        {
            return Verdict.Skip($"dependency '{blocker.Path}' {WordFor(state.Task(blocker))}", upstream: true);
        }

        try
        {
            var scope = new ExecutionScope(state, task);
            if (task.Definition.Condition is { } condition && !ConditionEvaluator.Evaluate(condition, scope))
            {
                return Verdict.Skip("its condition does not hold", upstream: false);
            }

            if (task.Definition.If is { } expression && !ConditionEvaluator.Evaluate(new Condition.When(expression), scope))
            {
                return Verdict.Skip($"its condition 'if: {expression}' does not hold", upstream: BlockedBy(state, task) is not null);
            }

            return Verdict.Run;
        }
        catch (Exception e) when (e is TemplateException or ExpressionException)
        {
            return Verdict.Fail(e.Message);
        }
    }

    private static string WordFor(TaskState dependency) => dependency.Status switch
    {
        TaskRunStatus.Failed => "failed",
        TaskRunStatus.Cancelled => "was cancelled",
        _ => "was skipped, because of a failure before it",
    };

    private static PlannedTask? BlockedBy(ExecutionState state, PlannedTask task)
    {
        foreach (var index in task.DependsOn)
        {
            var dependency = state.Plan.Tasks[index];
            var settled = state.Task(dependency);
            if (settled.Status is TaskRunStatus.Cancelled
                || (settled.Status is TaskRunStatus.Failed && !dependency.Definition.ContinueOnError)
                || (settled.Status is TaskRunStatus.Skipped && settled.SkippedUpstream))
            {
                return dependency;
            }
        }

        return null;
    }

    private static ExecutionFinished Finish(ExecutionTurn turn)
    {
        var state = turn.State;
        var (status, error) =
            state.TimeLimitReachedAt is not null
                ? (ExecutionStatus.TimedOut, $"The execution took longer than its limit of {state.Plan.Workflow.TimeoutSecs} s")
            : state.CancelRequestedAt is not null ? (ExecutionStatus.Cancelled, state.CancelReason)
            : state.FirstFailure is { } path
                ? (ExecutionStatus.Failed, $"Task '{path}' failed: {state.Task(state.Plan.Find(path)!).Failure?.Message}")
            : (ExecutionStatus.Completed, null);
        return new ExecutionFinished { At = turn.Now, Status = status, Error = error, Outputs = WorkflowOutputs.Of(state) };
    }

    private readonly record struct Verdict(bool Runs, string? SkipReason, bool Upstream, string? Failure)
    {
        public static Verdict Run => new(true, null, false, null);

        public static Verdict Skip(string reason, bool upstream) => new(false, reason, upstream, null);

        public static Verdict Fail(string message) => new(false, null, false, message);

        public TaskEvent ToEvent(PlannedTask task, DateTimeOffset now) =>
            Runs ? new TaskScheduled { At = now, Task = task.Path, Attempt = 1 }
            : Failure is { } message
                ? new TaskFailed
                {
                    At = now, Task = task.Path, Attempt = 0, Final = true, Failure = new TaskFailure(FailureKinds.Input, message),
                }
            : new TaskSkipped { At = now, Task = task.Path, Reason = SkipReason!, Upstream = Upstream };
    }
}
