using Orleans.CodeGeneration;
using Orleans.Concurrency;
using Periplon.Core.Executions;
using Periplon.Client.Limits;
using Periplon.Client.Workflows;

namespace Periplon.Client.Executions;

/// <summary>
/// One execution: drives the machine, records, offers tasks; never does a task's work. Key: the execution id in <c>D</c> format.
/// </summary>
[Alias("Periplon.IExecutionGrain"), Version(2)]
public interface IExecutionGrain : IGrainWithStringKey
{
    /// <summary>Records the execution's creation. Called by the workflow's grain only.</summary>
    [Alias("Create")]
    Task<StartStatus> CreateAsync(CreateExecution request, CancellationToken cancellationToken);

    /// <summary>A worker asks for an attempt it was offered. The same token again gets the same answer.</summary>
    [Alias("TryStart")]
    Task<TaskLease?> TryStartAsync(TaskClaim claim, CancellationToken cancellationToken);

    /// <summary>
    /// A worker reports the end of an attempt. The same report again is acknowledged; one without a valid lease is dropped.
    /// </summary>
    [Alias("Report")]
    Task<ReportStatus> ReportAsync(TaskReport report, CancellationToken cancellationToken);

    /// <summary>Asks for the end of the execution; returns after the request is recorded.</summary>
    [Alias("Cancel")]
    Task<ControlStatus> CancelAsync(ControlRequest request, CancellationToken cancellationToken);

    /// <summary>Pauses: running attempts finish, nothing new starts.</summary>
    [Alias("Pause")]
    Task<ControlStatus> PauseAsync(ControlRequest request, CancellationToken cancellationToken);

    /// <summary>Resumes a paused execution.</summary>
    [Alias("Resume")]
    Task<ControlStatus> ResumeAsync(ControlRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Skips a task: it ends as skipped or with the given output, and what depends on it goes on. The same request again changes nothing.
    /// </summary>
    [Alias("SkipTask")]
    Task<SkipTaskResult> SkipTaskAsync(SkipTaskRequest request, CancellationToken cancellationToken);

    /// <summary>Moves the execution to another revision of its workflow, if its history fits. The same request again changes nothing.</summary>
    [Alias("Migrate")]
    Task<MigrateResult> MigrateAsync(MigrateExecution request, CancellationToken cancellationToken);

    /// <summary>
    /// The child execution of a task has ended. False when the task does not wait for it any more; the same report again changes nothing.
    /// </summary>
    [Alias("EndChild")]
    Task<bool> EndChildAsync(ChildReport report, CancellationToken cancellationToken);

    /// <summary>A signal or the call of a webhook; kept until a task takes it. The same key again changes nothing.</summary>
    [Alias("Signal")]
    Task<SignalStatus> SignalAsync(SignalRequest request, CancellationToken cancellationToken);

    /// <summary>A person decides what an approval asks. The same decision again is acknowledged.</summary>
    [Alias("Decide")]
    Task<DecisionResult> DecideAsync(DecisionRequest request, CancellationToken cancellationToken);

    /// <summary>A limit answers. False when the task no longer asks: its place is to be given back.</summary>
    [Alias("AnswerLimit")]
    Task<bool> AnswerLimitAsync(LimitReply reply, CancellationToken cancellationToken);

    /// <summary>Stops a task, or the whole execution, to make room for another. Called by the limit's messenger only.</summary>
    [Alias("MakeRoom")]
    Task MakeRoomAsync(LimitPlace place, string reason, CancellationToken cancellationToken);

    /// <summary>Whether a place under a limit is still wanted or held.</summary>
    [Alias("HoldsPlace"), ReadOnly, AlwaysInterleave]
    Task<bool> HoldsPlaceAsync(LimitPlace place, CancellationToken cancellationToken);

    /// <summary>Whether a task still waits for the end of a child. Called by a child that comes into memory.</summary>
    [Alias("WaitsForChild"), AlwaysInterleave]
    Task<bool> WaitsForChildAsync(string task, Guid child, CancellationToken cancellationToken);

    /// <summary>Looks again: due timers, lost workers, lost offers. True when the execution has not ended.</summary>
    [Alias("Wake")]
    Task<bool> WakeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The same; returns when to look the next time at the latest, even if nothing happens. Null when there is no such execution or it has
    /// ended.
    /// </summary>
    [Alias("Look")]
    Task<DateTimeOffset?> LookAsync(CancellationToken cancellationToken);

    /// <summary>The queue had no room for its offers: it stays in the database until its partition looks at it.</summary>
    [Alias("Refused"), OneWay, AlwaysInterleave]
    Task RefusedAsync();

    /// <summary>The execution as it stands, without its tasks; null when there is none.</summary>
    [Alias("Describe"), ReadOnly, AlwaysInterleave]
    Task<ExecutionView?> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>A page of its tasks, in the order in which they came into being; null when there is no such execution.</summary>
    [Alias("ListTasks"), ReadOnly, AlwaysInterleave]
    Task<TaskPage?> ListTasksAsync(TaskSlice slice, CancellationToken cancellationToken);

    /// <summary>Waits for the end, for a time; returns the execution as it is then, without its tasks.</summary>
    [Alias("WaitForEnd"), ReadOnly, AlwaysInterleave]
    Task<ExecutionView?> WaitForEndAsync(TimeSpan wait, CancellationToken cancellationToken);
}

/// <summary>What the workflow's grain hands to a new execution.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.CreateExecution")]
public sealed record CreateExecution
{
    /// <summary>The request, inputs checked and defaults filled in.</summary>
    [Id(0)] public required StartExecution Start { get; init; }
    /// <summary>Workflow id.</summary>
    [Id(1)] public required Guid WorkflowId { get; init; }
    /// <summary>Pinned revision.</summary>
    [Id(2)] public required int Revision { get; init; }
    /// <summary>SHA-256 of what was asked, before defaults were filled in; null from a silo of an earlier version.</summary>
    [Id(3)] public string? RequestHash { get; init; }
    /// <summary>Subflow of the revision that is to be executed; null for the workflow itself.</summary>
    [Id(4)] public string? Subflow { get; init; }
    /// <summary>Task of the parent execution that waits for this one.</summary>
    [Id(5)] public string? ParentTask { get; init; }
    /// <summary>How many executions are above this one.</summary>
    [Id(6)] public int Depth { get; init; }
    /// <summary>Names of inputs whose values hold secrets of the parent; null for none.</summary>
    [Id(7)] public IReadOnlyList<string>? SecretInputs { get; init; }
    /// <summary>The ended execution that this one retries; null when it retries none.</summary>
    [Id(8)] public Guid? RetryOf { get; init; }
    /// <summary>Tasks that end as they did there: a JSON array in UTF-8 of <see cref="KeptTask"/>; empty for none.</summary>
    [Id(9)] public ReadOnlyMemory<byte> Kept { get; init; }
}

/// <summary>How a child execution has ended.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.ChildReport")]
public sealed record ChildReport
{
    /// <summary>Path of the waiting task.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>The child.</summary>
    [Id(1)] public required Guid Child { get; init; }
    /// <summary>Its status word.</summary>
    [Id(2)] public required string Status { get; init; }
    /// <summary>What went wrong.</summary>
    [Id(3)] public string? Error { get; init; }
    /// <summary>Its outputs: a JSON object in UTF-8; empty for none.</summary>
    [Id(4)] public ReadOnlyMemory<byte> Outputs { get; init; }
}

/// <summary>A worker's claim on an offered attempt.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskClaim")]
public sealed record TaskClaim
{
    /// <summary>Task path.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>Attempt that was offered.</summary>
    [Id(1)] public required int Attempt { get; init; }
    /// <summary>The worker: its silo's address.</summary>
    [Id(2)] public required string Worker { get; init; }
    /// <summary>Token drawn by the worker for this claim; every later call about the attempt carries it.</summary>
    [Id(3)] public required Guid Token { get; init; }
}

/// <summary>What a worker needs to run an attempt.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskLease")]
public sealed record TaskLease
{
    /// <summary>Organization.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>Workflow id.</summary>
    [Id(1)] public required Guid WorkflowId { get; init; }
    /// <summary>Pinned revision; the worker reads the task from it.</summary>
    [Id(2)] public required int Revision { get; init; }
    /// <summary>How often this attempt has been handed out, counted from 1.</summary>
    [Id(3)] public required int Delivery { get; init; }
    /// <summary>Values of the task's references: a JSON object in UTF-8, reference to value.</summary>
    [Id(4)] public ReadOnlyMemory<byte> Values { get; init; }
    /// <summary>Longest time of the attempt, in seconds; null means no limit.</summary>
    [Id(5)] public double? TimeoutSecs { get; init; }
    /// <summary>What the attempt is to do. Default: run the task.</summary>
    [Id(6)] public AttemptWork Work { get; init; }
    /// <summary>What was not met after the attempt before, for an agent's prompt; null when nothing was.</summary>
    [Id(7)] public string? Feedback { get; init; }
    /// <summary>Agent that runs the attempt instead of the task's own: its <c>fallback_agent</c>.</summary>
    [Id(8)] public string? Agent { get; init; }
    /// <summary>Progress and earlier outputs, to stand before an agent's prompt (<c>inject_context</c>).</summary>
    [Id(9)] public string? Context { get; init; }
    /// <summary>Subflow whose definition holds the task, in an execution of a subflow; null in the workflow itself.</summary>
    [Id(10)] public string? Subflow { get; init; }
    /// <summary>Texts of the execution's secret inputs, which the worker masks whichever way the task comes by them.</summary>
    [Id(11)] public IReadOnlyList<string>? SecretTexts { get; init; }
}

/// <summary>A worker's report of an attempt's end.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskReport")]
public sealed record TaskReport
{
    /// <summary>Task path.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>Attempt.</summary>
    [Id(1)] public required int Attempt { get; init; }
    /// <summary>The claim's token.</summary>
    [Id(2)] public required Guid Token { get; init; }
    /// <summary>The outcome: JSON in UTF-8 of <see cref="Core.Executions.TaskOutcome"/>.</summary>
    [Id(3)] public required ReadOnlyMemory<byte> Outcome { get; init; }
}

/// <summary>What became of a report.</summary>
[GenerateSerializer, Alias("Periplon.ReportStatus")]
public enum ReportStatus
{
    /// <summary>Recorded, now or before.</summary>
    Accepted,
    /// <summary>Dropped: the lease is no longer valid.</summary>
    LeaseLost,
}

/// <summary>A request to control an execution.</summary>
/// <param name="Organization">Organization of the caller.</param>
/// <param name="By">Who asks.</param>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("Periplon.ControlRequest")]
public sealed record ControlRequest(
    [property: Id(0)] string Organization, [property: Id(1)] string? By = null, [property: Id(2)] string? Reason = null)
{
    /// <summary>Whether a cancelled execution leaves out its handlers, hooks and notifications, too. Default: false.</summary>
    [Id(3)] public bool Kill { get; init; }
}

/// <summary>What became of a control request.</summary>
[GenerateSerializer, Alias("Periplon.ControlStatus")]
public enum ControlStatus
{
    /// <summary>Recorded.</summary>
    Done,
    /// <summary>It is as asked already.</summary>
    NoChange,
    /// <summary>The execution has ended.</summary>
    AlreadyFinished,
    /// <summary>There is no such execution.</summary>
    NotFound,
}

/// <summary>An execution as it stands.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.ExecutionView")]
public sealed record ExecutionView
{
    /// <summary>Organization.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>Status word.</summary>
    [Id(1)] public required string Status { get; init; }
    /// <summary>Whether it has ended.</summary>
    [Id(2)] public required bool IsTerminal { get; init; }
    /// <summary>Number of tasks.</summary>
    [Id(3)] public int TotalTasks { get; init; }
    /// <summary>Number of settled tasks.</summary>
    [Id(4)] public int SettledTasks { get; init; }
    /// <summary>What went wrong.</summary>
    [Id(5)] public string? Error { get; init; }
    /// <summary>Workflow outputs: a JSON object in UTF-8; empty before the end.</summary>
    [Id(6)] public ReadOnlyMemory<byte> Outputs { get; init; }
    /// <summary>Its tasks; empty in the grain's answers, which list them page by page.</summary>
    [Id(7)] public IReadOnlyList<TaskView> Tasks { get; init; } = [];
    /// <summary>What the execution waits for: what can move it comes first, what waits for that after it. Empty once ended.</summary>
    [Id(8)] public IReadOnlyList<WaitView> Why { get; init; } = [];
    /// <summary>When it was accepted.</summary>
    [Id(9)] public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When its first task started.</summary>
    [Id(10)] public DateTimeOffset? StartedAt { get; init; }
    /// <summary>When it ended.</summary>
    [Id(11)] public DateTimeOffset? CompletedAt { get; init; }
    /// <summary>Workflow id.</summary>
    [Id(12)] public Guid WorkflowId { get; init; }
    /// <summary>Workflow name.</summary>
    [Id(13)] public string WorkflowName { get; init; } = "";
    /// <summary>Version text of the pinned workflow.</summary>
    [Id(14)] public string WorkflowVersion { get; init; } = "";
    /// <summary>Pinned revision.</summary>
    [Id(15)] public int Revision { get; init; }
    /// <summary>Input values: a JSON object in UTF-8.</summary>
    [Id(16)] public ReadOnlyMemory<byte> Inputs { get; init; }
    /// <summary>What started it.</summary>
    [Id(17)] public string TriggerType { get; init; } = "manual";
    /// <summary>Who started it.</summary>
    [Id(18)] public string? TriggeredBy { get; init; }
    /// <summary>Execution that started it.</summary>
    [Id(19)] public Guid? ParentExecutionId { get; init; }
    /// <summary>Attempts beyond each task's first.</summary>
    [Id(20)] public int RetryCount { get; init; }
    /// <summary>SHA-256 of what the start asked for; null when an earlier version started it.</summary>
    [Id(21)] public string? RequestHash { get; init; }
    /// <summary>Approvals that wait for a decision.</summary>
    [Id(22)] public IReadOnlyList<ApprovalView> Approvals { get; init; } = [];
    /// <summary>The ended execution that this one retries.</summary>
    [Id(23)] public Guid? RetryOf { get; init; }
    /// <summary>Priority: 0 is highest.</summary>
    [Id(24)] public int Priority { get; init; }
    /// <summary>Labels: a JSON object in UTF-8; empty in the answers of earlier versions.</summary>
    [Id(25)] public ReadOnlyMemory<byte> Labels { get; init; }
}

/// <summary>A task as it stands.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.TaskView")]
public sealed record TaskView
{
    /// <summary>Task path.</summary>
    [Id(0)] public required string Id { get; init; }
    /// <summary>Status word.</summary>
    [Id(1)] public required string Status { get; init; }
    /// <summary>Kind word, such as <c>script</c>.</summary>
    [Id(2)] public required string Kind { get; init; }
    /// <summary>Newest attempt, counted from 1; 0 before the first.</summary>
    [Id(3)] public int Attempt { get; init; }
    /// <summary>How often that attempt has been handed out.</summary>
    [Id(4)] public int Delivery { get; init; }
    /// <summary>Worker that runs or ran it.</summary>
    [Id(5)] public string? Worker { get; init; }
    /// <summary>When it became ready.</summary>
    [Id(6)] public DateTimeOffset? ScheduledAt { get; init; }
    /// <summary>When the newest attempt started.</summary>
    [Id(7)] public DateTimeOffset? StartedAt { get; init; }
    /// <summary>When it was settled.</summary>
    [Id(8)] public DateTimeOffset? CompletedAt { get; init; }
    /// <summary>Output text.</summary>
    [Id(9)] public string? Output { get; init; }
    /// <summary>Whether the output text was cut.</summary>
    [Id(10)] public bool OutputTruncated { get; init; }
    /// <summary>Size of the whole output, in bytes.</summary>
    [Id(11)] public long OutputSize { get; init; }
    /// <summary>Artifact that holds the whole output.</summary>
    [Id(12)] public string? OutputArtifact { get; init; }
    /// <summary>Named outputs: a JSON object in UTF-8.</summary>
    [Id(13)] public ReadOnlyMemory<byte> Outputs { get; init; }
    /// <summary>Exit or status code.</summary>
    [Id(14)] public int? ExitCode { get; init; }
    /// <summary>Why it failed.</summary>
    [Id(15)] public string? Error { get; init; }
    /// <summary>Kind of failure.</summary>
    [Id(16)] public string? ErrorKind { get; init; }
    /// <summary>Why it was skipped, cancelled or waits.</summary>
    [Id(17)] public string? Reason { get; init; }
    /// <summary>Tasks it depends on.</summary>
    [Id(18)] public IReadOnlyList<string> DependsOn { get; init; } = [];
    /// <summary>Description of the task.</summary>
    [Id(19)] public string Description { get; init; } = "";
    /// <summary>Path of the task it is inside of; null at the top.</summary>
    [Id(20)] public string? Parent { get; init; }
    /// <summary>Number of the iteration, counted from 0; null when it is none.</summary>
    [Id(21)] public int? Iteration { get; init; }
    /// <summary>
    /// Which part of <see cref="Parent"/> it belongs to: <c>before</c>, <c>on_failure</c>, <c>finally</c> or <c>after</c>; null for the
    /// work itself.
    /// </summary>
    [Id(22)] public string? Phase { get; init; }
    /// <summary>Execution of its newest attempt, when it runs a subflow.</summary>
    [Id(23)] public Guid? ChildExecutionId { get; init; }
    /// <summary>Its number within the execution, counted from 1, by which tasks are listed.</summary>
    [Id(24)] public long Number { get; init; }
    /// <summary>Whether the workflow's author wrote it: hooks, notifications, stages and groups of the engine's own are not.</summary>
    [Id(25)] public bool IsAuthored { get; init; } = true;
    /// <summary>Labels of the task.</summary>
    [Id(26)] public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(0);
    /// <summary>Whether it ended as it did in the execution that this one retries, without running.</summary>
    [Id(27)] public bool IsKept { get; init; }
}

/// <summary>Which tasks of an execution are asked for.</summary>
/// <param name="After">Number after which they begin; 0 for the first.</param>
/// <param name="Limit">Most tasks of the page. A page ends earlier when its outputs are large.</param>
[GenerateSerializer, Immutable, Alias("Periplon.TaskSlice")]
public sealed record TaskSlice([property: Id(0)] long After, [property: Id(1)] int Limit);

/// <summary>A page of an execution's tasks.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Total">How many the execution has.</param>
/// <param name="NextAfter">Where the next page begins; null when none follows.</param>
[GenerateSerializer, Immutable, Alias("Periplon.TaskPage")]
public sealed record TaskPage(
    [property: Id(0)] IReadOnlyList<TaskView> Tasks, [property: Id(1)] int Total, [property: Id(2)] long? NextAfter);

/// <summary>One link of the answer to "why has it not ended?".</summary>
[GenerateSerializer, Immutable, Alias("Periplon.WaitView")]
public sealed record WaitView
{
    /// <summary>Task path; null for the execution itself.</summary>
    [Id(0)] public string? Task { get; init; }
    /// <summary>
    /// What is awaited: <c>dependency</c>, <c>worker</c>, <c>attempt</c>, <c>retry_delay</c>, <c>max_parallel</c>, <c>resume</c>,
    /// <c>cancel</c>, <c>signal</c>, <c>webhook</c>, <c>approval</c>, <c>sleep</c>, <c>concurrency</c>, <c>rate_limit</c>, <c>subflow</c>,
    /// <c>loop_delay</c>, <c>iterations</c>, <c>subtasks</c>.
    /// </summary>
    [Id(1)] public required string WaitsFor { get; init; }
    /// <summary>The sentence for people.</summary>
    [Id(2)] public required string Message { get; init; }
    /// <summary>Who holds it: a worker, a task, a queue.</summary>
    [Id(3)] public string? HeldBy { get; init; }
    /// <summary>What wakes it next.</summary>
    [Id(4)] public required string WakesBy { get; init; }
    /// <summary>When, at the latest.</summary>
    [Id(5)] public DateTimeOffset? WakesAt { get; init; }
    /// <summary>Since when.</summary>
    [Id(6)] public DateTimeOffset? Since { get; init; }
}
