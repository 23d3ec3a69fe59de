namespace Periplon.Core.Executions;

/// <summary>What follows a failed attempt: another one, the fallback agent, or the task's failure.</summary>
internal static class TaskFailures
{
    /// <summary>Records a failed attempt.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="task">The task.</param>
    /// <param name="failure">Why.</param>
    /// <param name="output">What was captured before.</param>
    /// <param name="random">A number from 0 to below 1, for the jitter of a retry.</param>
    /// <param name="givenUp">Whether the execution itself gave the attempt up.</param>
    internal static void Record(
        ExecutionTurn turn, TaskState task, TaskFailure failure, TaskOutput? output, double random, bool givenUp = false)
    {
        if (task.Stop is { Skip: not null } skipped)
        {
            // Whoever skipped it does not care how it would have ended.
            ExecutionPlanner.EndStopped(turn, task, skipped.Reason);
            return;
        }

        var planned = task.Instance.Planned;

        // An attempt that its own limit has stopped is one like any other: it may be followed by another (reference §8).
        var isStopping = task.Stop?.Failure is null
            ? turn.State.FindStop(task.Instance) is not null
            : turn.State.FindStopAround(task.Instance) is not null;
        var again = !isStopping && task.Agent is null && planned.Retry.Allows(task.CountedAttempt, failure);
        var fallback = again || isStopping || task.Agent is not null || task.Work is not AttemptWork.Task
            ? null
            : planned.Definition.OnError?.FallbackAgent;
        turn.Record(new TaskFailed
        {
            At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt, Failure = failure, Output = output, GivenUp = givenUp,
            Final = !again && fallback is null,
        });
        if (again || fallback is not null)
        {
            turn.Record(new TaskRetryScheduled
            {
                At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt + 1, Agent = fallback,
                DueAt = fallback is null && !givenUp ? turn.Now + planned.Retry.DelayBefore(task.CountedAttempt + 1, random) : turn.Now,
            });
        }
    }

    /// <summary>
    /// Records an attempt that ran well without meeting the definition of done: another attempt as often as it allows, without delay, then
    /// the task's failure or, if it does not insist, its completion (reference §9).
    /// </summary>
    internal static void RecordUnmet(ExecutionTurn turn, TaskState task, TaskFailure feedback, TaskOutput? output)
    {
        if (task.Stop is { Skip: not null } skipped)
        {
            ExecutionPlanner.EndStopped(turn, task, skipped.Reason);
            return;
        }

        var done = task.Instance.Planned.Definition.DefinitionOfDone;
        var again = task.Unmet < (done?.MaxRetries ?? 0) && turn.State.FindStop(task.Instance) is null;
        if (!again && done is { FailOnUnmet: false })
        {
            turn.Record(new TaskCompleted
            {
                At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt, Output = output ?? new TaskOutput(),
            });
            return;
        }

        turn.Record(new TaskFailed
        {
            At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt, Failure = feedback, Output = output, Final = !again,
        });
        if (again && task.Work is AttemptWork.Check)
        {
            turn.Record(new TaskEntered { At = turn.Now, Task = task.Instance.Path });
        }
        else if (again)
        {
            turn.Record(new TaskRetryScheduled
            {
                At = turn.Now, Task = task.Instance.Path, Attempt = task.Attempt + 1, DueAt = turn.Now,
            });
        }
    }
}
