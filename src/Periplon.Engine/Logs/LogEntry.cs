namespace Periplon.Engine.Logs;

/// <summary>One captured line of a task, or one message of the engine about an execution.</summary>
internal sealed record LogEntry
{
    /// <summary>Position in the whole log, rising; 0 before it is stored.</summary>
    public long Id { get; init; }
    public required Guid ExecutionId { get; init; }
    /// <summary>Task path; null for messages about the execution.</summary>
    public string? Task { get; init; }
    public int Attempt { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary><c>debug</c>, <c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public required string Level { get; init; }
    /// <summary><c>stdout</c>, <c>stderr</c> or <c>engine</c>.</summary>
    public required string Stream { get; init; }
    public required string Message { get; init; }
}

/// <summary>The log of executions.</summary>
internal interface ILogStore
{
    /// <summary>Stores lines in their order, in one transaction.</summary>
    Task AppendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken);

    /// <summary>Lines of an execution after a position, in order.</summary>
    Task<IReadOnlyList<LogEntry>> ReadAsync(
        Guid executionId, long afterId, int limit, string? level, string? task, CancellationToken cancellationToken);
}
