using System.Text.Json;

namespace Periplon.Core.Executions;

public static partial class ExecutionCommands
{
    /// <summary>How many signals an execution keeps until a task takes them.</summary>
    public const int MaxKeptSignals = 1_000;

    /// <summary>Characters of JSON that the payloads of kept signals may have together. 16 Mi.</summary>
    public const long MaxKeptPayload = 16 * 1024 * 1024;

    /// <summary>Whether the execution keeps so many signals that no further one is taken.</summary>
    /// <param name="state">The execution.</param>
    /// <param name="payload">What the next one brings.</param>
    public static bool IsFullOfSignals(ExecutionState state, JsonElement? payload)
    {
        ArgumentNullException.ThrowIfNull(state);
        var kept = state.Signals.Values.SelectMany(signals => signals).ToList();
        return kept.Count >= MaxKeptSignals || kept.Select(signal => signal.Payload).Append(payload).Sum(LengthOf) > MaxKeptPayload;
    }

    private static long LengthOf(JsonElement? payload) => payload is { } value ? value.GetRawText().Length : 0;

    /// <summary>
    /// A signal or webhook arrives. It is kept until a task takes it, also when none waits yet. False when one with the same key has come
    /// before or the execution has ended.
    /// </summary>
    /// <param name="turn">The turn.</param>
    /// <param name="signal">The signal.</param>
    public static bool Signal(ExecutionTurn turn, SignalReceived signal)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(signal);
        var isKnown = signal.Key is not null && turn.State.SignalKeys.Contains(signal.Key);
        if (!RecordIf(turn, !isKnown, signal))
        {
            return false;
        }

        if (turn.State.Awaiting.TryGetValue(signal.Slot, out var waiting))
        {
            ExecutionPlanner.TryTakeSignal(turn, waiting.Min.Task);
        }

        return true;
    }

    /// <summary>A person decides what an approval asks. False when the task does not wait for a decision.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path.</param>
    /// <param name="approved">Whether it is approved.</param>
    /// <param name="by">Who decides.</param>
    /// <param name="comment">What the person says.</param>
    public static bool Decide(ExecutionTurn turn, string path, bool approved, string? by, string? comment)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (turn.State.IsTerminal || turn.State.Find(path) is not { Wait.Kind: WaitKind.Approval } waiting)
        {
            return false;
        }

        Decide(turn, waiting.Instance, approved, by, comment);
        return true;
    }

    internal static void Decide(ExecutionTurn turn, TaskInstance task, bool approved, string? by, string? comment)
    {
        turn.Record(new ApprovalDecided { At = turn.Now, Task = task.Path, Approved = approved, By = by, Comment = comment });
        var output = TaskOutputs.OfApproval(approved, by, comment);
        if (approved)
        {
            ExecutionPlanner.Complete(turn, task, output);
        }
        else
        {
            var message = $"Rejected{(by is null ? "" : $" by {by}")}{(string.IsNullOrEmpty(comment) ? "" : $": {comment}")}";
            ExecutionPlanner.Fail(turn, task, new TaskFailure(FailureKinds.Rejected, message), output);
        }
    }

    /// <summary>A limit lets a task pass. False when the task no longer asks for it: the place is to be given back.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path; empty for the execution itself.</param>
    /// <param name="limit">Which limit.</param>
    /// <param name="startAt">
    /// When the task may start; null or a time that has passed means now. Only rate limits have such times: a place under a concurrency
    /// limit is held from when it is granted.
    /// </param>
    public static bool Grant(ExecutionTurn turn, string path, LimitKinds limit, DateTimeOffset? startAt)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (turn.State.IsTerminal || turn.State.Find(path) is not { } task)
        {
            return false;
        }

        if (task.Granted.HasFlag(limit) && !task.Status.IsSettled())
        {
            return true;
        }

        if (task.Wait?.Kind != KindOf(limit))
        {
            return false;
        }

        turn.Record(new LimitGranted
        {
            At = turn.Now, Task = path, Limit = limit, DueAt = limit is LimitKinds.Rate && startAt > turn.Now ? startAt : null,
        });
        return true;
    }

    /// <summary>A limit refuses a task. False when the task no longer asks for it.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path; empty for the execution itself.</param>
    /// <param name="limit">Which limit.</param>
    /// <param name="reason">Why.</param>
    public static bool Refuse(ExecutionTurn turn, string path, LimitKinds limit, string reason)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (turn.State.IsTerminal || turn.State.Find(path) is not { } task || task.Wait?.Kind != KindOf(limit))
        {
            return false;
        }

        ExecutionPlanner.Fail(turn, task.Instance, new TaskFailure(FailureKinds.Limit, reason));
        return true;
    }

    /// <summary>Stops one task with everything inside it, to make room for another. False when it is settled.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path.</param>
    /// <param name="reason">Why.</param>
    public static bool StopTask(ExecutionTurn turn, string path, string reason)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (turn.State.IsTerminal || turn.State.Find(path) is not { Stop: null } task || task.Status.IsSettled())
        {
            return false;
        }

        ExecutionPlanner.RequestStop(turn, task.Instance, reason);
        return true;
    }

    /// <summary>The child execution of a task has ended. False when the task does not wait for it.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="ended">How it ended.</param>
    /// <param name="random">A number from 0 to below 1, for the jitter of a retry.</param>
    public static bool EndChild(ExecutionTurn turn, ChildEnded ended, double random)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(ended);
        if (turn.State.IsTerminal || turn.State.Find(ended.Task) is not { Wait: { Kind: WaitKind.Child } wait } task
            || wait.Child != ended.Child)
        {
            return false;
        }

        turn.Record(ended);
        var output = TaskOutputs.OfChild(ended.Outputs);
        if (ended.Status is ExecutionStatus.Completed)
        {
            ExecutionPlanner.Complete(turn, task.Instance, output);
        }
        else if (task.Stop?.Failure is { } late)
        {
            TaskFailures.Record(turn, task, late, output, random);
        }
        else if (turn.State.FindStop(task.Instance) is { } stop)
        {
            ExecutionPlanner.EndStopped(turn, task, stop.Reason, output);
        }
        else
        {
            var message = $"Subflow '{wait.Name}' ({ended.Child}) ended as {ended.Status.ToWord()}: {ended.Error}";
            TaskFailures.Record(turn, task, new TaskFailure(FailureKinds.Subflow, message), output, random);
        }

        return true;
    }

    private static WaitKind KindOf(LimitKinds limit) => limit is LimitKinds.Rate ? WaitKind.Rate : WaitKind.Concurrency;
}
