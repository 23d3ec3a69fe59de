using System.Text.Json.Serialization;

namespace Periplon.Core.Executions;

/// <summary>Status of an execution, as users and the database see it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExecutionStatus>))]
public enum ExecutionStatus
{
    /// <summary>Accepted; no task has started.</summary>
    [JsonStringEnumMemberName("queued")] Queued,
    /// <summary>At least one task has started.</summary>
    [JsonStringEnumMemberName("running")] Running,
    /// <summary>Nothing runs; a timer, signal or decision is awaited.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,
    /// <summary>Stopped by a person until resumed.</summary>
    [JsonStringEnumMemberName("paused")] Paused,
    /// <summary>Ended well.</summary>
    [JsonStringEnumMemberName("completed")] Completed,
    /// <summary>Ended with a failed task.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
    /// <summary>Ended by a person or a limit.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
    /// <summary>Ended by the workflow's time limit.</summary>
    [JsonStringEnumMemberName("timed_out")] TimedOut,
}

/// <summary>Status of a task within an execution.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskRunStatus>))]
public enum TaskRunStatus
{
    /// <summary>Waits for other tasks.</summary>
    [JsonStringEnumMemberName("pending")] Pending,
    /// <summary>Waits for a worker.</summary>
    [JsonStringEnumMemberName("ready")] Ready,
    /// <summary>A worker runs an attempt.</summary>
    [JsonStringEnumMemberName("running")] Running,
    /// <summary>Waits for a time, signal or decision.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,
    /// <summary>Ended well.</summary>
    [JsonStringEnumMemberName("completed")] Completed,
    /// <summary>Ended with an error, after all attempts.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
    /// <summary>Not run: a condition or a dependency said so.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped,
    /// <summary>Ended because the execution was.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

/// <summary>Questions about statuses that grain, API and command line all ask here.</summary>
public static class StatusRules
{
    /// <summary>Whether an execution with this status has ended for good.</summary>
    /// <param name="status">The status.</param>
    public static bool IsTerminal(this ExecutionStatus status) =>
        status is ExecutionStatus.Completed or ExecutionStatus.Failed or ExecutionStatus.Cancelled or ExecutionStatus.TimedOut;

    /// <summary>Whether a task with this status is settled: it will not change again in this execution.</summary>
    /// <param name="status">The status.</param>
    public static bool IsSettled(this TaskRunStatus status) =>
        status is TaskRunStatus.Completed or TaskRunStatus.Failed or TaskRunStatus.Skipped or TaskRunStatus.Cancelled;

    /// <summary>The word of a status in API, database and files, such as <c>timed_out</c>.</summary>
    /// <param name="status">The status.</param>
    public static string ToWord(this ExecutionStatus status) =>
        status is ExecutionStatus.TimedOut ? "timed_out" : status.ToString().ToLowerInvariant();

    /// <summary>The word of a status in API and files.</summary>
    /// <param name="status">The status.</param>
    public static string ToWord(this TaskRunStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>Reads the word of an execution status.</summary>
    /// <param name="word">The word, exactly as <see cref="ToWord(ExecutionStatus)"/> writes it.</param>
    /// <param name="status">The status.</param>
    public static bool TryParse(string word, out ExecutionStatus status)
    {
        foreach (var candidate in Enum.GetValues<ExecutionStatus>())
        {
            if (candidate.ToWord() == word)
            {
                status = candidate;
                return true;
            }
        }

        status = default;
        return false;
    }
}
