namespace Periplon.Client.Executions;

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
