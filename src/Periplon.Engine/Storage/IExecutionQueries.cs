using Periplon.Core.Executions;

namespace Periplon.Engine.Storage;

/// <summary>Filters of an execution list. Null or empty means no filter.</summary>
internal sealed record ExecutionFilter
{
    public required string Organization { get; init; }
    public Guid? WorkflowId { get; init; }
    public IReadOnlyList<ExecutionStatus> Statuses { get; init; } = [];
    public string? TriggeredBy { get; init; }
    public Guid? ParentExecutionId { get; init; }
    /// <summary>The ended execution that they retry.</summary>
    public Guid? RetryOf { get; init; }
    /// <summary>Whether it is what another execution runs as a subflow.</summary>
    public bool? IsChild { get; init; }
    public DateTimeOffset? CreatedAfter { get; init; }
    public DateTimeOffset? CreatedBefore { get; init; }
    /// <summary>Label equality: key and value.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>A place in a list that is ordered newest first: the last row of the page before.</summary>
internal sealed record ExecutionCursor(DateTimeOffset CreatedAt, Guid Id);

/// <summary>How many executions have each status; the counts may be those of some seconds ago.</summary>
internal sealed record ExecutionCounts(IReadOnlyDictionary<ExecutionStatus, long> ByStatus);

/// <summary>Reads of the executions projection, on a pool apart from the journal's.</summary>
internal interface IExecutionQueries
{
    Task<ExecutionRow?> FindAsync(string organization, Guid id, CancellationToken cancellationToken);

    /// <summary>Rows newest first; <paramref name="offset"/> serves the old paging and is bounded by the API.</summary>
    Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter filter, ExecutionCursor? after, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>Number of matching rows, counted up to <paramref name="bound"/>.</summary>
    Task<long> CountAsync(ExecutionFilter filter, long bound, CancellationToken cancellationToken);

    /// <summary>Number of executions of a workflow that have not ended, by revision; those of subflows are left out.</summary>
    Task<IReadOnlyDictionary<int, long>> CountLiveAsync(string organization, Guid workflowId, CancellationToken cancellationToken);

    /// <summary>Ids of such executions of a revision, by id, hence oldest first, after an id (keyset).</summary>
    Task<IReadOnlyList<Guid>> ListLiveAsync(
        string organization, Guid workflowId, int revision, Guid? after, int limit, CancellationToken cancellationToken);

    Task<ExecutionCounts> CountByStatusAsync(string? organization, CancellationToken cancellationToken);
}
