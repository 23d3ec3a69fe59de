namespace Periplon.Core.Executions;

/// <summary>
/// What workers and people ask of an execution, decided as events. Every command may be repeated: the second time changes nothing.
/// </summary>
public static class ExecutionCommands
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
        if (turn.State.IsTerminal || turn.State.Plan.Find(path) is not { } task)
        {
            return false;
        }

        var current = turn.State.Task(task);
        if (current.Status is TaskRunStatus.Running && current.Token == token)
        {
            return true;
        }

        if (current.Status is not TaskRunStatus.Ready || current.Attempt != attempt || turn.State.IsEnding || turn.State.IsPaused)
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
        if (turn.State.Plan.Find(path) is not { } task)
        {
            return false;
        }

        var current = turn.State.Task(task);
        if (current.Token != token || current.Attempt != attempt)
        {
            return false;
        }

        if (turn.State.IsTerminal || current.Status is not TaskRunStatus.Running)
        {
            // The same report again, after an answer that did not arrive: the token shows that it was this lease which ended.
            return current.Status is not TaskRunStatus.Cancelled && current.Status is not TaskRunStatus.Ready;
        }

        switch (outcome.Kind)
        {
            case TaskOutcomeKind.Completed:
                turn.Record(
                    new TaskCompleted { At = turn.Now, Task = path, Attempt = attempt, Output = outcome.Output ?? new TaskOutput() });
                break;
            case TaskOutcomeKind.Failed:
                Fail(turn, task, current, outcome.Failure!, outcome.Output, random);
                break;
            case TaskOutcomeKind.Cancelled when turn.State.IsEnding:
                turn.Record(new TaskCancelled { At = turn.Now, Task = path, Reason = "stopped with the execution" });
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
            var task = turn.State.Plan.Tasks[rank.Index];
            var current = turn.State.Task(task);
            if (!isGone(current))
            {
                continue;
            }

            if (current.Lost + 1 >= MaxLostDeliveries)
            {
                var failure = new TaskFailure(
                    FailureKinds.WorkerLost,
                    $"{MaxLostDeliveries} workers were lost while they ran attempt {current.Attempt}, the last was {current.Worker}");
                Fail(turn, task, current, failure, null, random);
                continue;
            }

            turn.Record(new TaskReturned
            {
                At = turn.Now, Task = task.Path, Attempt = current.Attempt, Delivery = current.Delivery, Lost = true,
                Reason = $"worker {current.Worker} was lost",
            });
        }
    }

    /// <summary>Somebody asks for the end. False when it has been asked for already or the execution has ended.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why.</param>
    public static bool Cancel(ExecutionTurn turn, string? by, string? reason)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return RecordIf(turn, turn.State.CancelRequestedAt is null, new CancelRequested { At = turn.Now, By = by, Reason = reason });
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

    private static void Fail(
        ExecutionTurn turn, PlannedTask task, TaskState current, TaskFailure failure, TaskOutput? output, double random)
    {
        var again = !turn.State.IsEnding && task.Retry.Allows(current.Attempt, failure);
        turn.Record(new TaskFailed
        {
            At = turn.Now, Task = task.Path, Attempt = current.Attempt, Failure = failure, Output = output, Final = !again,
        });
        if (again)
        {
            var next = current.Attempt + 1;
            turn.Record(new TaskRetryScheduled
            {
                At = turn.Now, Task = task.Path, Attempt = next, DueAt = turn.Now + task.Retry.DelayBefore(next, random),
            });
        }
    }
}
