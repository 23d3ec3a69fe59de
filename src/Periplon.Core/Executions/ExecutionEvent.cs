using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Core.Executions;

/// <summary>Something that happened to an execution. The journal holds these; a field may be added, none may change its meaning.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ExecutionCreated), "execution_created")]
[JsonDerivedType(typeof(TaskScheduled), "task_scheduled")]
[JsonDerivedType(typeof(TaskStarted), "task_started")]
[JsonDerivedType(typeof(TaskCompleted), "task_completed")]
[JsonDerivedType(typeof(TaskFailed), "task_failed")]
[JsonDerivedType(typeof(TaskRetryScheduled), "task_retry_scheduled")]
[JsonDerivedType(typeof(TaskReturned), "task_returned")]
[JsonDerivedType(typeof(TaskSkipped), "task_skipped")]
[JsonDerivedType(typeof(TaskCancelled), "task_cancelled")]
[JsonDerivedType(typeof(TaskKept), "task_kept")]
[JsonDerivedType(typeof(TaskEntered), "task_entered")]
[JsonDerivedType(typeof(TaskWaiting), "task_waiting")]
[JsonDerivedType(typeof(TaskPhaseStarted), "task_phase_started")]
[JsonDerivedType(typeof(TaskSettled), "task_settled")]
[JsonDerivedType(typeof(TaskStopRequested), "task_stop_requested")]
[JsonDerivedType(typeof(LoopEntered), "loop_entered")]
[JsonDerivedType(typeof(IterationStarted), "iteration_started")]
[JsonDerivedType(typeof(IterationSkipped), "iteration_skipped")]
[JsonDerivedType(typeof(LoopDelayed), "loop_delayed")]
[JsonDerivedType(typeof(LoopEnded), "loop_ended")]
[JsonDerivedType(typeof(LimitGranted), "limit_granted")]
[JsonDerivedType(typeof(SignalReceived), "signal_received")]
[JsonDerivedType(typeof(SignalTaken), "signal_taken")]
[JsonDerivedType(typeof(ApprovalDecided), "approval_decided")]
[JsonDerivedType(typeof(ChildEnded), "child_ended")]
[JsonDerivedType(typeof(CancelRequested), "cancel_requested")]
[JsonDerivedType(typeof(TimeLimitReached), "time_limit_reached")]
[JsonDerivedType(typeof(ExecutionPaused), "execution_paused")]
[JsonDerivedType(typeof(ExecutionResumed), "execution_resumed")]
[JsonDerivedType(typeof(RevisionMigrated), "revision_migrated")]
[JsonDerivedType(typeof(ExecutionFinished), "execution_finished")]
public abstract record ExecutionEvent
{
    /// <summary>When it happened, in UTC.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>The execution was accepted.</summary>
public sealed record ExecutionCreated : ExecutionEvent
{
    /// <summary>Execution id.</summary>
    public required Guid ExecutionId { get; init; }
    /// <summary>Organization that owns it.</summary>
    public required string Organization { get; init; }
    /// <summary>Workflow id.</summary>
    public required Guid WorkflowId { get; init; }
    /// <summary>Pinned revision of the workflow, counted from 1.</summary>
    public required int Revision { get; init; }
    /// <summary>Workflow name, as pinned.</summary>
    public required string WorkflowName { get; init; }
    /// <summary>Version text of the workflow, as pinned.</summary>
    public required string WorkflowVersion { get; init; }
    /// <summary>Input values, defaults filled in.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Inputs { get; init; }
    /// <summary>Names of the inputs whose values are not shown; null when there are none.</summary>
    public IReadOnlyList<string>? SecretInputs { get; init; }
    /// <summary>Order among executions: higher is earlier. Default: 0.</summary>
    public int Priority { get; init; }
    /// <summary>What started it: <c>manual</c>, <c>schedule</c> … Default: <c>manual</c>.</summary>
    public string TriggerType { get; init; } = "manual";
    /// <summary>Who started it.</summary>
    public string? TriggeredBy { get; init; }
    /// <summary>Execution that started it.</summary>
    public Guid? ParentExecutionId { get; init; }
    /// <summary>When the workflow's time limit is reached.</summary>
    public DateTimeOffset? TimeLimitAt { get; init; }
    /// <summary>Labels of the workflow and of the request.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    /// <summary>Subflow of the pinned revision that is executed; null for the workflow itself.</summary>
    public string? Subflow { get; init; }
    /// <summary>Task of the parent execution that waits for this one.</summary>
    public string? ParentTask { get; init; }
    /// <summary>How many executions are above this one. Default: 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Depth { get; init; }
    /// <summary>SHA-256 of what the start asked for, before defaults were filled in. Null in journals of earlier versions.</summary>
    public string? RequestHash { get; init; }
    /// <summary>The ended execution that this one retries; null when it retries none.</summary>
    public Guid? RetryOf { get; init; }
    /// <summary>Tasks that end as they did there, without running again, in the order in which they ended; null for none.</summary>
    public IReadOnlyList<KeptTask>? Kept { get; init; }
}

/// <summary>An event of one task.</summary>
public abstract record TaskEvent : ExecutionEvent
{
    /// <summary>Task path.</summary>
    public required string Task { get; init; }
}

/// <summary>A task became ready: its dependencies and conditions let it run.</summary>
public sealed record TaskScheduled : TaskEvent
{
    /// <summary>The attempt that is to run, counted from 1.</summary>
    public required int Attempt { get; init; }
    /// <summary>What the worker is to do. Default: run the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AttemptWork Work { get; init; }
}

/// <summary>A worker took an attempt.</summary>
public sealed record TaskStarted : TaskEvent
{
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    /// <summary>How often this attempt has been handed out, counted from 1.</summary>
    public required int Delivery { get; init; }
    /// <summary>The worker.</summary>
    public required string Worker { get; init; }
    /// <summary>The lease's token; a report must carry it.</summary>
    public required Guid Token { get; init; }
}

/// <summary>An attempt ended well.</summary>
public sealed record TaskCompleted : TaskEvent
{
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    /// <summary>What it published.</summary>
    public required TaskOutput Output { get; init; }
}

/// <summary>An attempt failed.</summary>
public sealed record TaskFailed : TaskEvent
{
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    /// <summary>Why.</summary>
    public required TaskFailure Failure { get; init; }
    /// <summary>What was captured before.</summary>
    public TaskOutput? Output { get; init; }
    /// <summary>Whether the task itself has failed: no further attempt follows.</summary>
    public required bool Final { get; init; }
    /// <summary>Whether the execution itself gave the attempt up; a report of its worker that comes later is dropped.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool GivenUp { get; init; }
}

/// <summary>Another attempt will follow at a time.</summary>
public sealed record TaskRetryScheduled : TaskEvent
{
    /// <summary>The attempt that will follow.</summary>
    public required int Attempt { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset DueAt { get; init; }
    /// <summary>Agent that takes over; null when the task stays what it is.</summary>
    public string? Agent { get; init; }
    /// <summary>What the attempt is for when it follows no failure but waits for a parallel place; null for a retry.</summary>
    public AttemptWork? Work { get; init; }
}

/// <summary>An attempt was handed back or its worker was lost; the same attempt will be handed out again.</summary>
public sealed record TaskReturned : TaskEvent
{
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    /// <summary>The delivery that ended.</summary>
    public required int Delivery { get; init; }
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
    /// <summary>Whether the worker was lost, as opposed to having handed the attempt back.</summary>
    public bool Lost { get; init; }
}

/// <summary>A task will not run.</summary>
public sealed record TaskSkipped : TaskEvent
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
    /// <summary>
    /// Whether a failed dependency is the cause. Dependants are then skipped too; after a skip by condition they run (reference §17.5).
    /// </summary>
    public bool Upstream { get; init; }
}

/// <summary>A task ended because the execution does.</summary>
public sealed record TaskCancelled : TaskEvent
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>Somebody asked for the end of the execution.</summary>
public sealed record CancelRequested : ExecutionEvent
{
    /// <summary>Who.</summary>
    public string? By { get; init; }
    /// <summary>Why.</summary>
    public string? Reason { get; init; }
    /// <summary>Whether handlers and hooks are left out too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Kill { get; init; }
}

/// <summary>The workflow's time limit was reached.</summary>
public sealed record TimeLimitReached : ExecutionEvent;

/// <summary>Somebody paused the execution: nothing new starts.</summary>
public sealed record ExecutionPaused : ExecutionEvent
{
    /// <summary>Who.</summary>
    public string? By { get; init; }
}

/// <summary>Somebody resumed the execution.</summary>
public sealed record ExecutionResumed : ExecutionEvent
{
    /// <summary>Who.</summary>
    public string? By { get; init; }
}

/// <summary>
/// The execution was moved to another revision of its workflow. Its whole history replays on the plan of the newest such revision.
/// </summary>
public sealed record RevisionMigrated : ExecutionEvent
{
    /// <summary>The revision, counted from 1.</summary>
    public required int Revision { get; init; }
    /// <summary>Its version text.</summary>
    public required string WorkflowVersion { get; init; }
    /// <summary>Input values from now on: what the revision does not declare is left out, and its defaults are filled in.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Inputs { get; init; }
    /// <summary>Names of the inputs whose values are not shown; null when there are none.</summary>
    public IReadOnlyList<string>? SecretInputs { get; init; }
    /// <summary>Who moved it.</summary>
    public string? By { get; init; }
}

/// <summary>The execution reached its terminal status.</summary>
public sealed record ExecutionFinished : ExecutionEvent
{
    /// <summary>The status.</summary>
    public required ExecutionStatus Status { get; init; }
    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }
    /// <summary>The workflow's outputs.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Outputs { get; init; }
}
