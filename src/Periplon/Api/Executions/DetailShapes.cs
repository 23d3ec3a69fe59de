using Periplon.Client.Executions;
using Periplon.Engine.Logs;

namespace Periplon.Api.Executions;

/// <summary>A page of tasks; next_after is where the next begins.</summary>
internal sealed record TaskList(Guid ExecutionId, IReadOnlyList<TaskObject> Tasks, int Total, long? NextAfter);

/// <summary>A task of an execution.</summary>
internal sealed record TaskObject(
    string Id, string Status, string Kind, string Description, int Attempt, int Delivery, string? Worker, DateTimeOffset? ScheduledAt,
    DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, string? Output, bool OutputTruncated, long OutputSize, string? OutputArtifact,
    RawJson Outputs, int? ExitCode, string? Error, string? ErrorKind, string? Reason, IReadOnlyList<string> DependsOn,
    string? Parent, int? Iteration, string? Phase, Guid? ChildExecutionId, long Number,
    IReadOnlyDictionary<string, string> Labels, bool Kept)
{
    public static TaskObject From(TaskView task) => new(
        task.Id, task.Status, task.Kind, task.Description, task.Attempt, task.Delivery, task.Worker, task.ScheduledAt, task.StartedAt,
        task.CompletedAt, task.Output, task.OutputTruncated, task.OutputSize, task.OutputArtifact, new RawJson(task.Outputs), task.ExitCode,
        task.Error, task.ErrorKind, task.Reason, task.DependsOn, task.Parent, task.Iteration, task.Phase, task.ChildExecutionId,
        task.Number, task.Labels, task.IsKept);
}

/// <summary>The history: each event as it was recorded, with the sequence number of its journal row.</summary>
internal sealed record EventPage(Guid ExecutionId, IReadOnlyList<RawJson> Events, long? NextAfterSeq);

internal sealed record LogPage(Guid ExecutionId, IReadOnlyList<LogObject> Logs, int Total, long NextAfter, bool Finished);

/// <summary>One line of the log.</summary>
internal sealed record LogObject(
    long Id, Guid ExecutionId, string? TaskExecutionId, DateTimeOffset Timestamp, string Level, string Message, LogMetadata Metadata)
{
    // The attempt's key, as scripts see it in PERIPLON_ATTEMPT_KEY.
    public static LogObject From(LogEntry entry) => new(
        entry.Id, entry.ExecutionId, entry.Task is null ? null : $"{entry.ExecutionId:D}/{entry.Task}/{entry.Attempt}", entry.At,
        entry.Level, entry.Message, new LogMetadata(entry.Task, entry.Attempt, entry.Stream));
}

internal sealed record LogMetadata(string? Task, int Attempt, string Stream);

/// <summary>The chain that answers "why has it not ended?".</summary>
internal sealed record WhyObject(Guid ExecutionId, string Status, string Message, IReadOnlyList<WaitObject> Why);

internal sealed record WaitObject(
    string? Task, string WaitsFor, string Message, string? HeldBy, string WakesBy, DateTimeOffset? WakesAt, DateTimeOffset? Since)
{
    /// <summary>A link as the grain sees it. A time that has passed was a look of the sweep; the row has the next one.</summary>
    public static WaitObject From(WaitView wait, DateTimeOffset? nextLook, DateTimeOffset now) => new(
        wait.Task, wait.WaitsFor, wait.Message, wait.HeldBy, wait.WakesBy, wait.WakesAt <= now ? nextLook : wait.WakesAt, wait.Since);
}

internal sealed record GraphObject(Guid ExecutionId, string Status, IReadOnlyList<GraphNode> Nodes, IReadOnlyList<GraphEdge> Edges);

internal sealed record GraphNode(
    string Id, string Kind, string Description, string Status, int Attempt, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt,
    IReadOnlyList<string> DependsOn, string? Parent);

/// <summary>An arrow from a task to one that depends on it.</summary>
internal sealed record GraphEdge(string From, string To);
