namespace Periplon.Client.Executions;

/// <summary>A request to skip a task.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.SkipTaskRequest")]
public sealed record SkipTaskRequest
{
    /// <summary>Organization of the caller.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>Task path.</summary>
    [Id(1)] public required string Task { get; init; }
    /// <summary>Who asks.</summary>
    [Id(2)] public string? By { get; init; }
    /// <summary>Why.</summary>
    [Id(3)] public string? Reason { get; init; }
    /// <summary>Output that the task is to have: JSON in UTF-8; empty to skip it.</summary>
    [Id(4)] public ReadOnlyMemory<byte> Output { get; init; }
}

/// <summary>What became of a request to skip a task.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Detail">The task's status, why it is being stopped, or the task around it.</param>
[GenerateSerializer, Immutable, Alias("Periplon.SkipTaskResult")]
public sealed record SkipTaskResult([property: Id(0)] SkipTaskStatus Status, [property: Id(1)] string? Detail = null);

/// <summary>What may become of a request to skip a task.</summary>
[GenerateSerializer, Alias("Periplon.SkipTaskStatus")]
public enum SkipTaskStatus
{
    /// <summary>Recorded: it is skipped, or will be as soon as what runs has stopped.</summary>
    Done,
    /// <summary>It is skipped already.</summary>
    NoChange,
    /// <summary>There is no such execution.</summary>
    NotFound,
    /// <summary>The execution has ended.</summary>
    AlreadyFinished,
    /// <summary>There is no such task.</summary>
    TaskNotFound,
    /// <summary>The task has not come into being.</summary>
    TaskNotThereYet,
    /// <summary>The task has ended.</summary>
    TaskEnded,
    /// <summary>The task's own work has ended, and its handlers run.</summary>
    TaskInHandlers,
    /// <summary>The task is being stopped already.</summary>
    TaskStopping,
}

/// <summary>A request to move an execution to another revision of its workflow.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.MigrateExecution")]
public sealed record MigrateExecution
{
    /// <summary>Organization of the caller.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>The revision.</summary>
    [Id(1)] public required int Revision { get; init; }
    /// <summary>Whether it is only checked. Default: false.</summary>
    [Id(2)] public bool DryRun { get; init; }
    /// <summary>Who asks.</summary>
    [Id(3)] public string? By { get; init; }
}

/// <summary>What became of a request to move an execution to another revision.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Reason">Why not, in a word such as <c>task_missing</c>; null when it was moved or need not be.</param>
/// <param name="Message">Why not, in a sentence.</param>
/// <param name="Task">The task that it is about.</param>
[GenerateSerializer, Immutable, Alias("Periplon.MigrateResult")]
public sealed record MigrateResult(
    [property: Id(0)] MigrateStatus Status, [property: Id(1)] string? Reason = null, [property: Id(2)] string? Message = null,
    [property: Id(3)] string? Task = null);

/// <summary>What may become of a request to move an execution to another revision.</summary>
[GenerateSerializer, Alias("Periplon.MigrateStatus")]
public enum MigrateStatus
{
    /// <summary>Moved; or, when it was only checked, that it can be.</summary>
    Migrated,
    /// <summary>It runs that revision already.</summary>
    Unchanged,
    /// <summary>It cannot be moved; the reason says why.</summary>
    Refused,
    /// <summary>There is no such execution.</summary>
    NotFound,
}
