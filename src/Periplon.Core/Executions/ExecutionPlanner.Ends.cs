using Periplon.Core.Inputs;
using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

public static partial class ExecutionPlanner
{
    private static void StopAtEnd(ExecutionTurn turn)
    {
        var root = turn.State.Root;
        if (!root.Status.IsSettled()
            && ((turn.State.IsEnding && root.Stop is null) || (turn.State.IsKilled && root.Stop is { Phase: < int.MaxValue })))
        {
            RequestStop(turn, root.Instance, WhyEnding(turn.State));
        }
    }

    /// <summary>
    /// Stops a task with everything inside it: what runs nowhere is cancelled at once, what runs is stopped by whoever runs it.
    /// </summary>
    internal static void RequestStop(
        ExecutionTurn turn, TaskInstance task, string reason, TaskFailure? failure = null, TaskSkip? skip = null)
    {
        turn.Record(new TaskStopRequested { At = turn.Now, Task = task.Path, Reason = reason, Failure = failure, Skip = skip });
        StopTask(turn, turn.State.Task(task), reason);
    }

    private static string WhyEnding(ExecutionState state) =>
        state.TimeLimitReachedAt is not null ? "the workflow's time limit was reached"
        : state.CancelRequestedAt is not null ? state.CancelReason ?? "the execution was cancelled"
        : $"task '{state.FirstFailure}' failed and the workflow is fail_fast";

    private static void StopTask(ExecutionTurn turn, TaskState task, string reason)
    {
        var instance = task.Instance;
        if (task.Status.IsSettled() || (ExecutionMachine.IsInHandlers(task) && !turn.State.IsKilled))
        {
            return;
        }

        if (task.Block is { } block)
        {
            foreach (var child in block.Tasks)
            {
                StopTask(turn, turn.State.Task(child), reason);
            }
        }
        else if (task.Loop is { } loop)
        {
            EndLoop(turn, instance, reason);
            foreach (var index in loop.Active)
            {
                StopTask(turn, turn.State.Find(instance.PathOf(index))!, reason);
            }
        }
        else if (task.Status is not TaskRunStatus.Running && task.Wait is not { Kind: WaitKind.Child })
        {
            EndStopped(turn, task, reason);
        }
    }

    private static void DecideUndecided(ExecutionTurn turn)
    {
        foreach (var rank in turn.State.Undecided)
        {
            if (IsFull(turn) || turn.State.IsTerminal)
            {
                return;
            }

            if (turn.State.Undecided.Contains(rank))
            {
                Decide(turn, turn.State.Task(rank.Task));
            }
        }
    }

    private static void Decide(ExecutionTurn turn, TaskState task)
    {
        if (task is { Loop: not null, Ended: null })
        {
            AdvanceLoop(turn, task.Instance);
        }
        else if (task.Block is { Unsettled: > 0, FirstFailed: { } failed })
        {
            RequestStop(turn, task.Instance, $"task '{failed}' failed");
        }
        else if (task.Instance.Around is null)
        {
            DecideRoot(turn, task);
        }
        else if (task.Ended is null)
        {
            ConcludeBlock(turn, task);
        }
        else
        {
            GoOn(turn, task);
        }
    }

    private static void ConcludeBlock(ExecutionTurn turn, TaskState task)
    {
        var instance = task.Instance;
        if (IsKeptWhole(turn, task))
        {
            turn.Record(new TaskKept { At = turn.Now, Task = instance.Path, Status = TaskRunStatus.Completed });
        }
        else if (task.Stop is { Skip: not null } skipped)
        {
            EndStopped(turn, task, skipped.Reason);
        }
        else if (task.Stop?.Failure is { } failure)
        {
            Fail(turn, instance, failure);
        }
        else if (task.Block is { FirstFailed: { } failed, Planned.IgnoresFailures: false })
        {
            Fail(turn, instance, OfInner(turn.State, failed));
        }
        else if (turn.State.FindStop(instance) is { } stop)
        {
            EndStopped(turn, task, stop.Reason);
        }
        else if (instance.Planned.Definition.DefinitionOfDone is { Criteria.Count: > 0 })
        {
            // The check takes a parallel place like any attempt, and so may have to wait for one.
            turn.Record(HasRoom(turn.State)
                ? new TaskScheduled { At = turn.Now, Task = instance.Path, Attempt = task.Attempt + 1, Work = AttemptWork.Check }
                : new TaskRetryScheduled
                {
                    At = turn.Now, Task = instance.Path, Attempt = task.Attempt + 1, DueAt = turn.Now, Work = AttemptWork.Check,
                });
        }
        else
        {
            Complete(turn, instance, new TaskOutput());
        }
    }

    // A phase of handlers is over, or the own work with handlers to come. A failed finally counts for what follows it.
    private static void GoOn(ExecutionTurn turn, TaskState task)
    {
        var next = turn.State.IsKilled ? null : ExecutionMachine.NextPhase(task.Instance.Planned, task.Phase, task.EndedSoFar!.Value);
        if (next is null)
        {
            turn.Record(new TaskSettled
            {
                At = turn.Now, Task = task.Instance.Path,
                Failure = task.FailedHandler is { } failed ? OfInner(turn.State, failed) : null,
            });
        }
        else if (!turn.State.IsHeld)
        {
            turn.Record(new TaskPhaseStarted { At = turn.Now, Task = task.Instance.Path, Phase = next.Value });
        }
    }

    private static void DecideRoot(ExecutionTurn turn, TaskState root)
    {
        var state = turn.State;
        var planned = root.Instance.Planned;
        var kind = planned.Phases[root.Phase].Kind;
        if (state.IsKilled || (kind is PhaseKind.Before && FailedHook(root) is not null))
        {
            turn.Record(Finish(turn, FailedHook(root)));
            return;
        }

        var isBefore = kind is PhaseKind.Before;
        var from = isBefore && root.Stop is not null ? planned.OwnPhase : root.Phase;
        var ended = isBefore && root.Stop is null ? TaskRunStatus.Completed : RootEnded(state);
        if (ExecutionMachine.NextPhase(planned, from, ended) is not { } next)
        {
            turn.Record(Finish(turn, root.FailedHandler));
        }
        else if (!state.IsHeld)
        {
            turn.Record(new TaskPhaseStarted { At = turn.Now, Task = "", Phase = next });
        }
    }

    private static string? FailedHook(TaskState root) =>
        root.Instance.Planned.Phases[root.Phase].Kind is PhaseKind.Before && root.Block is { Planned.IgnoresFailures: false } block
            ? block.FirstFailed
            : null;

    private static TaskRunStatus RootEnded(ExecutionState state) =>
        state.TimeLimitReachedAt is not null ? TaskRunStatus.Failed
        : state.CancelRequestedAt is not null ? TaskRunStatus.Cancelled
        : (state.FirstFailure ?? state.Root.FailedHandler) is not null ? TaskRunStatus.Failed
        : TaskRunStatus.Completed;

    private static ExecutionFinished Finish(ExecutionTurn turn, string? failedHandler)
    {
        var state = turn.State;
        var status = state.TimeLimitReachedAt is not null ? ExecutionStatus.TimedOut
            : state.CancelRequestedAt is not null ? ExecutionStatus.Cancelled
            : (state.FirstFailure ?? failedHandler) is not null ? ExecutionStatus.Failed
            : ExecutionStatus.Completed;
        var error = ErrorOf(state, failedHandler);
        return new ExecutionFinished
        {
            At = turn.Now, Status = status, Error = error is null ? null : SecretTexts.Of(state.Created)?.Mask(error) ?? error,
            Outputs = WorkflowOutputs.Of(state),
        };
    }

    /// <summary>What went wrong in an execution so far; null when nothing did.</summary>
    /// <param name="state">The execution.</param>
    /// <param name="failedHandler">The hook or handler of the workflow that failed.</param>
    internal static string? ErrorOf(ExecutionState state, string? failedHandler) =>
        state.TimeLimitReachedAt is not null
            ? $"The execution took longer than its limit of {state.Plan.Workflow.TimeoutSecs} s"
        : state.CancelRequestedAt is not null ? state.CancelReason
        : (state.FirstFailure ?? failedHandler) is not { } path ? null
        : path.Length == 0 ? state.Root.Failure?.Message ?? ""
        : OfInner(state, path).Message;

    /// <summary>How the failure of a task reads at the task around it.</summary>
    internal static TaskFailure OfInner(ExecutionState state, string path)
    {
        var failure = state.Find(path)?.Failure;
        return failure is { Kind: FailureKinds.Subtask } && failure.Message.StartsWith("Task '", StringComparison.Ordinal)
            ? failure
            : new TaskFailure(FailureKinds.Subtask, $"Task '{path}' failed: {failure?.Message}", failure?.ExitCode);
    }
}
