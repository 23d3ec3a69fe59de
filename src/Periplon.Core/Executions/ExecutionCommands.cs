namespace Periplon.Core.Executions;

/// <summary>
/// What workers and people ask of an execution, decided as events. Every command may be repeated: the second time changes nothing.
/// </summary>
public static partial class ExecutionCommands
{
    /// <summary>How many workers one attempt may take with it before it fails: such an attempt is probably what kills them.</summary>
    public const int MaxLostDeliveries = 3;

    /// <summary>A worker claims an attempt. True when it holds the lease, also when it did so before with the same token.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path.</param>
    /// <param name="attempt">Attempt that was offered.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="token">Token drawn by the worker.</param>
    public static bool TryStart(ExecutionTurn turn, string path, int attempt, string worker, Guid token)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (turn.State.IsTerminal || turn.State.Find(path) is not { } current)
        {
            return false;
        }

        if (current.Status is TaskRunStatus.Running && current.Token == token)
        {
            return true;
        }

        if (current.Status is not TaskRunStatus.Ready || current.Attempt != attempt || turn.State.IsHeld
            || turn.State.FindStop(current.Instance) is not null)
        {
            return false;
        }

        turn.Record(new TaskStarted
        {
            At = turn.Now, Task = path, Attempt = attempt, Delivery = current.Delivery + 1, Worker = worker, Token = token,
        });
        return true;
    }

    /// <summary>A worker reports how an attempt ended. False when its lease is not valid: the report is dropped.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path.</param>
    /// <param name="attempt">Attempt.</param>
    /// <param name="token">The lease's token.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="random">A number from 0 to below 1, for the jitter of a retry.</param>
    public static bool Report(ExecutionTurn turn, string path, int attempt, Guid token, TaskOutcome outcome, double random)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(outcome);
        if (turn.State.Find(path) is not { } current || current.Token != token || current.Attempt != attempt)
        {
            return false;
        }

        if (turn.State.IsTerminal || current.Status is not TaskRunStatus.Running || current.Ended is not null
            || current.Block is not null || current.Loop is not null)
        {
            // The same report again, after an answer that did not arrive: the token shows that it was this lease which ended.
            return current.Status is not TaskRunStatus.Cancelled && current.Status is not TaskRunStatus.Ready;
        }

        switch (outcome.Kind)
        {
            case TaskOutcomeKind.Completed:
                Complete(turn, current, outcome.Output ?? new TaskOutput(), random);
                break;
            case TaskOutcomeKind.Failed:
                TaskFailures.Record(turn, current, outcome.Failure!, outcome.Output, random);
                break;
            case TaskOutcomeKind.Unmet:
                TaskFailures.RecordUnmet(turn, current, outcome.Failure!, outcome.Output);
                break;
            case TaskOutcomeKind.Cancelled or TaskOutcomeKind.Returned when turn.State.FindStop(current.Instance) is { } stop:
                ExecutionPlanner.EndStopped(turn, current, stop.Reason, outcome.Output);
                break;
            default:
                turn.Record(new TaskReturned
                {
                    At = turn.Now, Task = path, Attempt = attempt, Delivery = current.Delivery,
                    Reason = $"handed back by worker {current.Worker}",
                });
                break;
        }

        return true;
    }

    // What an attempt was for decides what its good end means.
    private static void Complete(ExecutionTurn turn, TaskState task, TaskOutput output, double random)
    {
        switch (task.Work)
        {
            case AttemptWork.Check:
                ExecutionPlanner.Complete(turn, task.Instance, new TaskOutput());
                break;
            case AttemptWork.Collection:
                try
                {
                    ExecutionPlanner.EnterLoop(turn, task.Instance, output.Items ?? ExecutionConstants.NoItems);
                }
                catch (TaskStartException e)
                {
                    TaskFailures.Record(turn, task, new TaskFailure(FailureKinds.Collection, e.Message), null, random);
                }

                break;
            default:
                turn.Record(new TaskCompleted { At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt, Output = output });
                break;
        }
    }

    /// <summary>Takes attempts back from workers that are gone; they go out again under the same attempt, and so the same key.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="isGone">Whether the lease of a worker and token no longer stands.</param>
    /// <param name="random">A number from 0 to below 1, for the jitter of a retry.</param>
    public static void ReturnLost(ExecutionTurn turn, Func<TaskState, bool> isGone, double random)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(isGone);
        foreach (var rank in turn.State.Running)
        {
            var current = turn.State.Task(rank.Task);
            if (!isGone(current))
            {
                continue;
            }

            if (turn.State.FindStop(rank.Task) is { } stop)
            {
                // It would not be handed out again.
                ExecutionPlanner.EndStopped(turn, current, stop.Reason);
                continue;
            }

            if (current.Lost + 1 >= MaxLostDeliveries)
            {
                var failure = new TaskFailure(
                    FailureKinds.WorkerLost,
                    $"{MaxLostDeliveries} workers were lost while they ran attempt {current.Attempt}, the last was {current.Worker}");
                TaskFailures.Record(turn, current, failure, null, random);
                continue;
            }

            turn.Record(new TaskReturned
            {
                At = turn.Now, Task = rank.Task.Path, Attempt = current.Attempt, Delivery = current.Delivery, Lost = true,
                Reason = $"worker {current.Worker} was lost",
            });
        }
    }

    /// <summary>Somebody asks for the end. False when it has been asked for already or the execution has ended.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="kill">Whether handlers, hooks and notifications are left out too, also when they run already.</param>
    public static bool Cancel(ExecutionTurn turn, string? by, string? reason, bool kill = false)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return RecordIf(
            turn,
            turn.State.CancelRequestedAt is null || (kill && !turn.State.IsKilled),
            new CancelRequested { At = turn.Now, By = by, Reason = reason, Kill = kill });
    }

    /// <summary>Somebody pauses. False when it is paused already or has ended.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="by">Who.</param>
    public static bool Pause(ExecutionTurn turn, string? by)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return RecordIf(turn, !turn.State.IsPaused && !turn.State.IsEnding, new ExecutionPaused { At = turn.Now, By = by });
    }

    /// <summary>Somebody resumes. False when it is not paused or has ended.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="by">Who.</param>
    public static bool Resume(ExecutionTurn turn, string? by)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return RecordIf(turn, turn.State.IsPaused, new ExecutionResumed { At = turn.Now, By = by });
    }

    private static bool RecordIf(ExecutionTurn turn, bool changes, ExecutionEvent happened)
    {
        if (turn.State.IsTerminal || !changes)
        {
            return false;
        }

        turn.Record(happened);
        return true;
    }
}
