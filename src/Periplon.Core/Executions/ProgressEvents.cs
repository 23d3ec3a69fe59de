using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Core.Executions;

/// <summary>A task that is done by others was entered: the tasks of its own block come into being. Again, when its work is
/// repeated.</summary>
public sealed record TaskEntered : TaskEvent
{
    /// <summary>The case of a switch; null for its default and for other tasks.</summary>
    public string? Case { get; init; }
    /// <summary>When the task is out of time.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }
}

/// <summary>A task waits for something that no worker does.</summary>
public sealed record TaskWaiting : TaskEvent
{
    /// <summary>For which kind of thing.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<WaitKind>))]
    public required WaitKind Kind { get; init; }
    /// <summary>Name of the signal, key of the limit, id of the subflow.</summary>
    public string? Name { get; init; }
    /// <summary>When the wait ends by itself.</summary>
    public DateTimeOffset? DueAt { get; init; }
    /// <summary>The child execution.</summary>
    public Guid? Child { get; init; }
    /// <summary>Inputs of the child execution.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Inputs { get; init; }
}

/// <summary>The next phase of a task began: handlers, hooks, notifications; at the workflow also its own work.</summary>
public sealed record TaskPhaseStarted : TaskEvent
{
    /// <summary>Number of the phase in the plan.</summary>
    public required int Phase { get; init; }
}

/// <summary>The handlers of a task are done, and with them the task.</summary>
public sealed record TaskSettled : TaskEvent
{
    /// <summary>The failure of a handler that fails the task; null when the task stays as its own work ended.</summary>
    public TaskFailure? Failure { get; init; }
}

/// <summary>A task is to be stopped, with everything inside it but the handlers.</summary>
public sealed record TaskStopRequested : TaskEvent
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
    /// <summary>How the task has failed thereby; null when it counts as cancelled or fails by a task inside it.</summary>
    public TaskFailure? Failure { get; init; }
    /// <summary>That a person skips it: it ends as skipped, or with the output that was given.</summary>
    public TaskSkip? Skip { get; init; }
}

/// <summary>A person skips a task.</summary>
/// <param name="By">Who; null when the caller has no name.</param>
/// <param name="Output">The output that the task is to have; null when it counts as skipped.</param>
public sealed record TaskSkip(string? By, TaskOutput? Output);

/// <summary>A loop began: how often it runs and over what is known.</summary>
public sealed record LoopEntered : TaskEvent
{
    /// <summary>How many iterations there are at most.</summary>
    public required int Count { get; init; }
    /// <summary>How many may be under way at the same time.</summary>
    public required int Parallel { get; init; }
    /// <summary>The items, an array; null for loops that only count.</summary>
    public JsonElement? Items { get; init; }
    /// <summary>When the loop is out of time.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }
}

/// <summary>An iteration came into being.</summary>
public sealed record IterationStarted : TaskEvent
{
    /// <summary>Its number, counted from 0.</summary>
    public required int Index { get; init; }
}

/// <summary>An iteration was left out by <c>continue_condition</c>.</summary>
public sealed record IterationSkipped : TaskEvent
{
    /// <summary>Its number, counted from 0.</summary>
    public required int Index { get; init; }
}

/// <summary>A loop waits before its next iteration.</summary>
public sealed record LoopDelayed : TaskEvent
{
    /// <summary>Until when.</summary>
    public required DateTimeOffset DueAt { get; init; }
}

/// <summary>No further iteration of a loop begins, although there could be more.</summary>
public sealed record LoopEnded : TaskEvent
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>A limit let a task pass.</summary>
public sealed record LimitGranted : TaskEvent
{
    /// <summary>Which.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<LimitKinds>))]
    public required LimitKinds Limit { get; init; }
    /// <summary>When the task may start; null means now.</summary>
    public DateTimeOffset? DueAt { get; init; }
}

/// <summary>A signal or webhook arrived. It is kept until a task takes it.</summary>
public sealed record SignalReceived : ExecutionEvent
{
    /// <summary>Whether it came as a signal or by a webhook.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<WaitKind>))]
    public required WaitKind Kind { get; init; }
    /// <summary>Its name.</summary>
    public required string Name { get; init; }
    /// <summary>What it brings; null when nothing.</summary>
    public JsonElement? Payload { get; init; }
    /// <summary>Who sent it.</summary>
    public string? By { get; init; }
    /// <summary>Key of the sender: a signal with the same key counts once.</summary>
    public string? Key { get; init; }

    internal string Slot => SlotOf(Kind, Name);

    internal static string SlotOf(WaitKind kind, string? name) => $"{(kind is WaitKind.Webhook ? "webhook" : "signal")}:{name}";
}

/// <summary>A task took the oldest signal of its name.</summary>
public sealed record SignalTaken : TaskEvent;

/// <summary>A person decided what a task asks.</summary>
public sealed record ApprovalDecided : TaskEvent
{
    /// <summary>Whether it was approved.</summary>
    public required bool Approved { get; init; }
    /// <summary>Who decided; null for the default after the time is up.</summary>
    public string? By { get; init; }
    /// <summary>What the person said.</summary>
    public string? Comment { get; init; }
}

/// <summary>The child execution that a task waits for has ended.</summary>
public sealed record ChildEnded : TaskEvent
{
    /// <summary>The child.</summary>
    public required Guid Child { get; init; }
    /// <summary>Its status.</summary>
    public required ExecutionStatus Status { get; init; }
    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }
    /// <summary>Its outputs.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Outputs { get; init; }
}
