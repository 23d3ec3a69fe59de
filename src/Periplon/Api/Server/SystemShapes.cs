namespace Periplon.Api.Server;

internal sealed record HealthObject(string Status, string Version, DateTimeOffset Timestamp);

internal sealed record ReadyObject(string Status, IReadOnlyDictionary<string, string> Checks, DateTimeOffset Timestamp);

internal sealed record LiveObject(string Status);

internal sealed record VersionObject(string Version, string Name);

internal sealed record StatsObject(WorkflowFigures Workflows, ExecutionFigures Executions, QueueObject Queue, SystemFigures System);

internal sealed record WorkflowFigures(long Total, long Active);

internal sealed record ExecutionFigures(long Total, long Running, long Completed, long Failed);

/// <summary>
/// The queue: tasks that wait for a worker, executions under way, and executions that have ended. A timed-out execution counts as failed.
/// </summary>
internal sealed record QueueObject(long Pending, long Processing, long Completed, long Failed, DateTimeOffset? OldestPendingAt);

internal sealed record SystemFigures(double UptimeSeconds, long MemoryUsageBytes, double CpuUsagePercent);
