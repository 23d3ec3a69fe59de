namespace Periplon.Engine.Tasks.Caching;

/// <summary>Which output is meant: of a task of a workflow, whatever its revision, under a key.</summary>
/// <param name="Organization">Organization.</param>
/// <param name="WorkflowId">Workflow.</param>
/// <param name="Task">Task path, after the name of the subflow that holds it.</param>
/// <param name="KeyHash">SHA-256 of the key, lower-case hexadecimal: a key may hold secrets.</param>
internal sealed record TaskCacheKey(string Organization, Guid WorkflowId, string Task, string KeyHash);

/// <summary>A stored output.</summary>
/// <param name="Output">The output as JSON, its secrets masked.</param>
/// <param name="CreatedAt">When it was stored.</param>
internal sealed record TaskCacheEntry(string Output, DateTimeOffset CreatedAt);

/// <summary>Outputs of tasks, kept to be used again.</summary>
internal interface ITaskCacheStore
{
    /// <summary>The output under a key, unless it has expired.</summary>
    Task<TaskCacheEntry?> FindAsync(TaskCacheKey key, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Stores an output in the place of an earlier one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="entry">The output.</param>
    /// <param name="expiresAt">When it may no longer be used; null is never.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task SaveAsync(TaskCacheKey key, TaskCacheEntry entry, DateTimeOffset? expiresAt, CancellationToken cancellationToken);

    /// <summary>Deletes outputs that have expired, and those without an end that are older than a time.</summary>
    /// <param name="now">Now.</param>
    /// <param name="olderThan">Time before which outputs without an end are deleted.</param>
    /// <param name="limit">Most rows of this call.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many were deleted.</returns>
    Task<int> PurgeAsync(DateTimeOffset now, DateTimeOffset olderThan, int limit, CancellationToken cancellationToken);
}
