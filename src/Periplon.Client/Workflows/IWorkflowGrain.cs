using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Periplon.Client.Workflows;

/// <summary>One workflow: its revisions and the start of executions. Key: the workflow id in <c>D</c> format.</summary>
[Alias("Periplon.IWorkflowGrain"), Version(2)]
public interface IWorkflowGrain : IGrainWithStringKey
{
    /// <summary>Stores the workflow's first revision; the same request again (same definition) answers as the first did.</summary>
    [Alias("Create")]
    Task<WorkflowSaved> CreateAsync(SaveWorkflow request, CancellationToken cancellationToken);

    /// <summary>Changes what is given; a new definition becomes a new revision. Running executions stay on theirs.</summary>
    [Alias("Update")]
    Task<WorkflowSaved> UpdateAsync(SaveWorkflow request, CancellationToken cancellationToken);

    /// <summary>Deletes the workflow: nothing new starts; what runs goes on. False when there is none.</summary>
    [Alias("Delete")]
    Task<bool> DeleteAsync(string organization, CancellationToken cancellationToken);

    /// <summary>Checks the inputs, pins the newest revision and starts an execution; returns after the commit.</summary>
    [Alias("Start"), AlwaysInterleave]
    Task<StartResult> StartAsync(StartExecution request, CancellationToken cancellationToken);

    /// <summary>
    /// Starts an execution that retries an ended one of this workflow and keeps what is done; returns after the commit. The same request
    /// again changes nothing.
    /// </summary>
    [Alias("Retry"), AlwaysInterleave]
    Task<StartResult> RetryAsync(RetryExecution request, CancellationToken cancellationToken);

    /// <summary>What a revision, or a definition that is not stored yet, would mean for the executions that are under way.</summary>
    [Alias("AssessImpact"), AlwaysInterleave]
    Task<ImpactReport> AssessImpactAsync(ImpactRequest request, CancellationToken cancellationToken);

    /// <summary>Moves executions that are under way to another revision, each if its history fits. May be repeated.</summary>
    [Alias("MigrateExecutions"), AlwaysInterleave]
    Task<MigrationReport> MigrateExecutionsAsync(MigrateExecutions request, CancellationToken cancellationToken);
}

/// <summary>What to store of a workflow. Null leaves a field as it is.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.SaveWorkflow")]
public sealed record SaveWorkflow
{
    /// <summary>Organization.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>The file's text, YAML or JSON.</summary>
    [Id(1)] public string? Definition { get; init; }
    /// <summary>Description shown in lists.</summary>
    [Id(2)] public string? Description { get; init; }
    /// <summary>Tags shown in lists.</summary>
    [Id(3)] public IReadOnlyList<string>? Tags { get; init; }
    /// <summary>Whether executions may be started.</summary>
    [Id(4)] public bool? IsActive { get; init; }
    /// <summary>Who asks.</summary>
    [Id(5)] public string? By { get; init; }
}

/// <summary>Outcome of storing a workflow.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.WorkflowSaved")]
public sealed record WorkflowSaved
{
    /// <summary>Which outcome.</summary>
    [Id(0)] public required WorkflowSaveStatus Status { get; init; }
    /// <summary>Name from the definition.</summary>
    [Id(1)] public string Name { get; init; } = "";
    /// <summary>Version text from the definition.</summary>
    [Id(2)] public string Version { get; init; } = "";
    /// <summary>Newest revision, counted from 1.</summary>
    [Id(3)] public int Revision { get; init; }
    /// <summary>When it was stored.</summary>
    [Id(4)] public DateTimeOffset UpdatedAt { get; init; }
    /// <summary>The workflow that has the name, when the name is taken.</summary>
    [Id(5)] public Guid? TakenBy { get; init; }
    /// <summary>Findings of the validator as JSON lines of the API's shape; errors when invalid, warnings otherwise.</summary>
    [Id(6)] public IReadOnlyList<Problem> Problems { get; init; } = [];
}

/// <summary>Outcomes of storing a workflow.</summary>
[GenerateSerializer, Alias("Periplon.WorkflowSaveStatus")]
public enum WorkflowSaveStatus
{
    /// <summary>Stored.</summary>
    Saved,
    /// <summary>The definition has errors; nothing was stored.</summary>
    Invalid,
    /// <summary>Another workflow has this name; nothing was stored.</summary>
    NameTaken,
    /// <summary>There is no such workflow.</summary>
    NotFound,
    /// <summary>The id exists with another definition: an idempotency key was used for two requests.</summary>
    Conflict,
}

/// <summary>One finding: path and message, and where it stands in the file.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.Problem")]
public sealed record Problem
{
    /// <summary>Stable code.</summary>
    [Id(0)] public required string Code { get; init; }
    /// <summary><c>error</c>, <c>warning</c> or <c>info</c>.</summary>
    [Id(1)] public required string Severity { get; init; }
    /// <summary>Path of the node or field.</summary>
    [Id(2)] public required string Path { get; init; }
    /// <summary>What was found and what is allowed.</summary>
    [Id(3)] public required string Message { get; init; }
    /// <summary>Line, counted from 1; 0 when unknown.</summary>
    [Id(4)] public int Line { get; init; }
    /// <summary>Column, counted from 1; 0 when unknown.</summary>
    [Id(5)] public int Column { get; init; }
    /// <summary>What to do.</summary>
    [Id(6)] public string? Hint { get; init; }
    /// <summary>The fetched file that path, line and column are in; null for the workflow's own.</summary>
    [Id(7)] public string? File { get; init; }
}

/// <summary>A request to start an execution.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.StartExecution")]
public sealed record StartExecution
{
    /// <summary>Id of the new execution, chosen by the caller so that a retried call cannot start two.</summary>
    [Id(0)] public required Guid ExecutionId { get; init; }
    /// <summary>Organization.</summary>
    [Id(1)] public required string Organization { get; init; }
    /// <summary>Input values: a JSON object in UTF-8; empty for none.</summary>
    [Id(2)] public ReadOnlyMemory<byte> Inputs { get; init; }
    /// <summary>Order among executions: higher is earlier. Default: 0.</summary>
    [Id(3)] public int Priority { get; init; }
    /// <summary>What started it. Default: <c>manual</c>.</summary>
    [Id(4)] public string TriggerType { get; init; } = "manual";
    /// <summary>Who started it.</summary>
    [Id(5)] public string? TriggeredBy { get; init; }
    /// <summary>Execution that started it.</summary>
    [Id(6)] public Guid? ParentExecutionId { get; init; }
    /// <summary>Labels beside the workflow's.</summary>
    [Id(7)] public IReadOnlyDictionary<string, string>? Labels { get; init; }
    /// <summary>Revision to pin; 0 means the newest.</summary>
    [Id(8)] public int Revision { get; init; }
}

/// <summary>Outcome of a start.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.StartResult")]
public sealed record StartResult
{
    /// <summary>Which outcome.</summary>
    [Id(0)] public required StartStatus Status { get; init; }
    /// <summary>Problems with inputs or definition.</summary>
    [Id(1)] public IReadOnlyList<Problem> Problems { get; init; } = [];
}

/// <summary>Outcomes of a start.</summary>
[GenerateSerializer, Alias("Periplon.StartStatus")]
public enum StartStatus
{
    /// <summary>Committed.</summary>
    Started,
    /// <summary>The same start was committed before; nothing was done.</summary>
    AlreadyStarted,
    /// <summary>There is no such workflow or revision.</summary>
    WorkflowNotFound,
    /// <summary>The workflow is not active.</summary>
    WorkflowInactive,
    /// <summary>The inputs are wrong.</summary>
    InvalidInputs,
    /// <summary>The workflow uses parts of the language that this version does not run.</summary>
    NotRunnable,
    /// <summary>The execution id exists for another start: an idempotency key was used for two requests.</summary>
    Conflict,
    /// <summary>There is no execution that could be retried.</summary>
    ExecutionNotFound,
    /// <summary>The execution that is to be retried has not ended.</summary>
    NotEnded,
    /// <summary>The execution that is to be retried completed, and nothing was named that is to run again.</summary>
    NothingToRetry,
    /// <summary>What would be kept does not fit what the retry would run; the problems say why.</summary>
    CannotKeep,
}
