using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Core.Executions;

/// <summary>How a task ended in the execution that another one retries. It ends so in the retry too, without running again.</summary>
public sealed record KeptTask
{
    /// <summary>Task path.</summary>
    public required string Task { get; init; }

    /// <summary>How it ended: completed, or skipped by its condition or a person.</summary>
    public required TaskRunStatus Status { get; init; }

    /// <summary>What it published.</summary>
    public TaskOutput? Output { get; init; }

    /// <summary>Why it was skipped.</summary>
    public string? Reason { get; init; }

    /// <summary>The case that a switch chose; null for its default and for other tasks.</summary>
    public string? Case { get; init; }

    /// <summary>Whether a person ended it, so that the tasks inside it tell nothing: they do not come into being. Default: false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsWhole { get; init; }

    /// <summary>What the tasks inside a loop wrote into the state map; null for nothing and for other tasks.</summary>
    public IReadOnlyDictionary<string, JsonElement>? State { get; init; }

    /// <summary>What it brought into the state map.</summary>
    [JsonIgnore]
    internal IReadOnlyDictionary<string, JsonElement>? Written => State ?? Output?.State;
}

/// <summary>
/// A task ended as it did in the execution that this one retries (<see cref="ExecutionCreated.Kept"/>); it was not run again.
/// </summary>
public sealed record TaskKept : TaskEvent
{
    /// <summary>How it ended.</summary>
    public required TaskRunStatus Status { get; init; }
}
