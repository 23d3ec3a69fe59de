namespace Periplon.Client.Workflows;

/// <summary>A question for what a revision means for the executions that are under way.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.ImpactRequest")]
public sealed record ImpactRequest
{
    /// <summary>Organization of the caller.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>The revision; 0 means the newest.</summary>
    [Id(1)] public int Revision { get; init; }
    /// <summary>A definition that is not stored yet, YAML or JSON, in place of a revision.</summary>
    [Id(2)] public string? Definition { get; init; }
    /// <summary>How many executions are checked at most, from 0.</summary>
    [Id(3)] public int Sample { get; init; }
}

/// <summary>What a revision means for the executions that are under way.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.ImpactReport")]
public sealed record ImpactReport
{
    /// <summary>Whether there is an answer.</summary>
    [Id(0)] public required RevisionStatus Status { get; init; }
    /// <summary>The revision; 0 for a definition that is not stored yet.</summary>
    [Id(1)] public int Revision { get; init; }
    /// <summary>Number of executions under way on each revision, child executions left out.</summary>
    [Id(2)] public IReadOnlyDictionary<int, long> Live { get; init; } = new Dictionary<int, long>();
    /// <summary>How many of those on other revisions were checked.</summary>
    [Id(3)] public int Checked { get; init; }
    /// <summary>How many of the checked ones could be moved to the revision.</summary>
    [Id(4)] public int CanMigrate { get; init; }
    /// <summary>Why the others cannot.</summary>
    [Id(5)] public IReadOnlyList<MigrationObstacle> Obstacles { get; init; } = [];
    /// <summary>Findings of the validator about the definition.</summary>
    [Id(6)] public IReadOnlyList<Problem> Problems { get; init; } = [];
}

/// <summary>One reason why executions cannot be moved to a revision.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.MigrationObstacle")]
public sealed record MigrationObstacle
{
    /// <summary>The reason in a word, such as <c>task_missing</c>.</summary>
    [Id(0)] public required string Reason { get; init; }
    /// <summary>The sentence for the first of them.</summary>
    [Id(1)] public required string Message { get; init; }
    /// <summary>The task that it is about; null for an execution as a whole.</summary>
    [Id(2)] public string? Task { get; init; }
    /// <summary>How many executions it holds back.</summary>
    [Id(3)] public required int Count { get; init; }
    /// <summary>Some of them.</summary>
    [Id(4)] public IReadOnlyList<Guid> Executions { get; init; } = [];
}

/// <summary>A request to move executions to another revision.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.MigrateExecutions")]
public sealed record MigrateExecutions
{
    /// <summary>Organization of the caller.</summary>
    [Id(0)] public required string Organization { get; init; }
    /// <summary>The revision; 0 means the newest.</summary>
    [Id(1)] public int Revision { get; init; }
    /// <summary>Only executions of this revision; null for all others.</summary>
    [Id(2)] public int? FromRevision { get; init; }
    /// <summary>Only these executions; null for all that are under way.</summary>
    [Id(3)] public IReadOnlyList<Guid>? Executions { get; init; }
    /// <summary>Whether they are only checked. Default: false.</summary>
    [Id(4)] public bool DryRun { get; init; }
    /// <summary>Who asks.</summary>
    [Id(5)] public string? By { get; init; }
    /// <summary>Where an earlier answer ended: the executions after it follow; null from the beginning.</summary>
    [Id(6)] public Guid? After { get; init; }
}

/// <summary>What became of a request to move executions.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.MigrationReport")]
public sealed record MigrationReport
{
    /// <summary>Whether there is an answer.</summary>
    [Id(0)] public required RevisionStatus Status { get; init; }
    /// <summary>The revision.</summary>
    [Id(1)] public int Revision { get; init; }
    /// <summary>Executions that were moved or, when they were only checked, could be.</summary>
    [Id(2)] public IReadOnlyList<Guid> Migrated { get; init; } = [];
    /// <summary>How many run the revision already.</summary>
    [Id(3)] public int Unchanged { get; init; }
    /// <summary>Why the others were not.</summary>
    [Id(4)] public IReadOnlyList<MigrationObstacle> Obstacles { get; init; } = [];
    /// <summary>Where the next call goes on; null when none is left.</summary>
    [Id(5)] public Guid? NextAfter { get; init; }
}

/// <summary>Whether a question about a revision has an answer.</summary>
[GenerateSerializer, Alias("Periplon.RevisionStatus")]
public enum RevisionStatus
{
    /// <summary>It has.</summary>
    Done,
    /// <summary>There is no such workflow.</summary>
    WorkflowNotFound,
    /// <summary>The workflow has no such revision.</summary>
    NoRevision,
    /// <summary>The definition has errors.</summary>
    Invalid,
}
