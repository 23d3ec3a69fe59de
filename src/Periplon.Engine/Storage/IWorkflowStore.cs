namespace Periplon.Engine.Storage;

/// <summary>A stored workflow, without its definition.</summary>
internal sealed record WorkflowRow
{
    public required Guid Id { get; init; }
    public required string Organization { get; init; }
    public required string Name { get; init; }
    /// <summary>Version text of the newest revision.</summary>
    public required string Version { get; init; }
    /// <summary>Newest revision, counted from 1.</summary>
    public required int Revision { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public bool IsActive { get; init; } = true;
    public bool IsDeleted { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public string? CreatedBy { get; init; }
}

/// <summary>One immutable revision of a workflow.</summary>
internal sealed record WorkflowVersionRow
{
    public required Guid WorkflowId { get; init; }
    public required int Revision { get; init; }
    public required string Version { get; init; }
    /// <summary>The file, exactly as it was sent.</summary>
    public required string Definition { get; init; }
    /// <summary>SHA-256 of <see cref="Definition"/>, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? CreatedBy { get; init; }
    /// <summary>The texts it takes from outside the file, as <c>WorkflowResources</c> writes them; null for none, and in lists.</summary>
    public string? Resources { get; init; }
}

/// <summary>Filters of a workflow list.</summary>
internal sealed record WorkflowFilter
{
    public required string Organization { get; init; }
    /// <summary>Part of the name, any case.</summary>
    public string? Name { get; init; }
    /// <summary>Any of these tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? CreatedBy { get; init; }
    public bool? IsActive { get; init; }
}

/// <summary>Workflows and their revisions.</summary>
internal interface IWorkflowStore
{
    /// <summary>
    /// Writes the row and, when given, a new revision in one transaction. <paramref name="expectedRevision"/> is 0 for a new workflow.
    /// </summary>
    /// <exception cref="WorkflowNameTakenException">Another workflow of the organization that is not deleted has this name.</exception>
    /// <exception cref="WorkflowConflictException">The stored revision is not the expected one.</exception>
    Task SaveAsync(WorkflowRow row, WorkflowVersionRow? version, int expectedRevision, CancellationToken cancellationToken);

    Task<WorkflowRow?> FindAsync(Guid id, CancellationToken cancellationToken);

    Task<WorkflowRow?> FindByNameAsync(string organization, string name, CancellationToken cancellationToken);

    Task<WorkflowVersionRow?> FindVersionAsync(Guid id, int revision, CancellationToken cancellationToken);

    /// <summary>All revisions, newest first, with empty <see cref="WorkflowVersionRow.Definition"/>.</summary>
    Task<IReadOnlyList<WorkflowVersionRow>> ListVersionsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Rows that are not deleted, by name then id, and the number of all that match.</summary>
    Task<(IReadOnlyList<WorkflowRow> Rows, long Total)> ListAsync(
        WorkflowFilter filter, int offset, int limit, CancellationToken cancellationToken);
}

/// <summary>The name of a new or renamed workflow is in use.</summary>
internal sealed class WorkflowNameTakenException(string name, Guid takenBy)
    : Exception($"Workflow name '{name}' is in use by workflow {takenBy}")
{
    public string Name { get; } = name;
    public Guid TakenBy { get; } = takenBy;
}

/// <summary>The workflow was changed by somebody else in between.</summary>
internal sealed class WorkflowConflictException(Guid id, int expected)
    : Exception($"Workflow {id} is no longer at revision {expected}")
{
    public Guid Id { get; } = id;
    public int Expected { get; } = expected;
}
