using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

public static partial class ExecutionPlanner
{
    // Everything under a stop that runs nowhere is cancelled at once; what runs is stopped by whoever runs it.
    private static void StopWhatIsToStop(ExecutionTurn turn)
    {
        var root = turn.State.Root;
        if ((turn.State.IsEnding && root.Stop is null) || (turn.State.IsKilled && root.Stop is { Phase: < int.MaxValue }))
        {
            turn.Record(new TaskStopRequested { At = turn.Now, Task = "", Reason = WhyEnding(turn.State) });
        }

        foreach (var rank in turn.State.Stopping)
        {
            if (turn.State.Task(rank.Task) is { Stop: { } stop } task && !task.Status.IsSettled())
            {
                StopTask(turn, task, stop.Reason);
            }
        }
    }

    private static string WhyEnding(ExecutionState state) =>
        state.TimeLimitReachedAt is not null ? "the workflow's time limit was reached"
        : state.CancelRequestedAt is not null ? state.CancelReason ?? "the execution was cancelled"
        : $"task '{state.FirstFailure}' failed and the workflow is fail_fast";

    private static void StopTask(ExecutionTurn turn, TaskState task, string reason)
    {
        var instance = task.Instance;
        if (task.Status.IsSettled()
            || (task.Phase >= 0 && instance.Planned.Phases[task.Phase].IsProtected && !turn.State.IsKilled))
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
            if (task.Stop?.Failure is { } failure)
            {
                Fail(turn, instance, failure);
            }
            else
            {
                Cancel(turn, instance, reason);
            }
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
            turn.Record(new TaskStopRequested { At = turn.Now, Task = task.Instance.Path, Reason = $"task '{failed}' failed" });
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
            GoOn(turn, task, task.Ended.Value);
        }
    }

    private static void ConcludeBlock(ExecutionTurn turn, TaskState task)
    {
        var instance = task.Instance;
        if (task.Stop?.Failure is { } failure)
        {
            Fail(turn, instance, failure);
        }
        else if (task.Block is { FirstFailed: { } failed, Planned.IgnoresFailures: false })
        {
            Fail(turn, instance, OfInner(turn.State, failed));
        }
        else if (turn.State.FindStop(instance) is { } stop)
        {
            Cancel(turn, instance, stop.Reason);
        }
        else if (instance.Planned.Definition.DefinitionOfDone is { Criteria.Count: > 0 })
        {
            turn.Record(new TaskScheduled
            {
                At = turn.Now, Task = instance.Path, Attempt = task.Attempt + 1, Work = AttemptWork.Check,
            });
        }
        else
        {
            Complete(turn, instance, new TaskOutput());
        }
    }

    private static TaskFailure OfInner(ExecutionState state, string path)
    {
        var failure = state.Find(path)?.Failure;
        return failure is { Kind: FailureKinds.Subtask } && failure.Message.StartsWith("Task '", StringComparison.Ordinal)
            ? failure
            : new TaskFailure(FailureKinds.Subtask, $"Task '{path}' failed: {failure?.Message}", failure?.ExitCode);
    }

    // A phase of handlers is over, or the own work with handlers to come.
    private static void GoOn(ExecutionTurn turn, TaskState task, TaskRunStatus ended)
    {
        var planned = task.Instance.Planned;
        if (ExecutionMachine.NextPhase(planned, task.Phase, ended) is { } next && !(turn.State.IsPaused && !turn.State.IsEnding))
        {
            turn.Record(new TaskPhaseStarted { At = turn.Now, Task = task.Instance.Path, Phase = next });
        }
        else if (!turn.State.IsPaused || turn.State.IsEnding || ExecutionMachine.NextPhase(planned, task.Phase, ended) is null)
        {
            var failed = FailedHandler(task);
            turn.Record(new TaskSettled
            {
                At = turn.Now, Task = task.Instance.Path, Failure = failed is null ? null : OfInner(turn.State, failed),
            });
        }
    }

    private static string? FailedHandler(TaskState task) =>
        task.HandlerFailed
        ?? (task.Phase >= 0 && task.Instance.Planned.Phases[task.Phase].Kind is PhaseKind.Finally ? task.Block?.FirstFailed : null);

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

        var from = kind is PhaseKind.Before && root.Stop is not null ? planned.OwnPhase : root.Phase;
        var ended = RootEnded(state);
        if (ExecutionMachine.NextPhase(planned, from, kind is PhaseKind.Before && root.Stop is null ? TaskRunStatus.Completed : ended) is not { } next)
        {
            turn.Record(Finish(turn, FailedHandler(root)));
        }
        else if (!state.IsPaused || state.IsEnding)
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
        : state.FirstFailure is not null ? TaskRunStatus.Failed
        : TaskRunStatus.Completed;

    private static ExecutionFinished Finish(ExecutionTurn turn, string? failedHandler)
    {
        var state = turn.State;
        var (status, error) =
            state.TimeLimitReachedAt is not null
                ? (ExecutionStatus.TimedOut, $"The execution took longer than its limit of {state.Plan.Workflow.TimeoutSecs} s")
            : state.CancelRequestedAt is not null ? (ExecutionStatus.Cancelled, state.CancelReason)
            : (state.FirstFailure ?? failedHandler) is { } path ? (ExecutionStatus.Failed, OfRoot(state, path))
            : (ExecutionStatus.Completed, null);
        return new ExecutionFinished { At = turn.Now, Status = status, Error = error, Outputs = WorkflowOutputs.Of(state) };
    }

    /// <summary>How the failure of a task of the workflow's own work reads.</summary>
    internal static string OfRoot(ExecutionState state, string path) =>
        path.Length == 0 ? state.Root.Failure?.Message ?? "" : OfInner(state, path).Message;
}
