using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Http;

/// <summary>A page of workflows.</summary>
internal sealed record WorkflowPage(IReadOnlyList<WorkflowItem> Workflows, long Total);

/// <summary>A stored workflow; the definition is absent in lists of newer servers.</summary>
internal sealed record WorkflowItem(
    string Id, string Name, string Version, string? Description, DateTimeOffset? UpdatedAt, bool? IsActive, IReadOnlyList<string>? Tags)
{
    public JsonElement Definition { get; init; }
}

/// <summary>What a create or update answers.</summary>
internal sealed record WorkflowSavedReply(string Id, string? Name, string? Version, string? Message);

/// <summary>A page of executions.</summary>
internal sealed record ExecutionPage(IReadOnlyList<ExecutionItem> Executions, long Total);

/// <summary>An execution.</summary>
internal sealed record ExecutionItem(
    string Id, string? WorkflowId, string? WorkflowName, string? WorkflowVersion, string Status, DateTimeOffset? CreatedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, string? TriggeredBy, string? TriggerType, string? Error)
{
    public JsonElement Result { get; init; }

    [JsonIgnore]
    public bool IsTerminal => Status is "completed" or "failed" or "cancelled" or "timed_out";
}

/// <summary>What a start answers.</summary>
internal sealed record StartReply(string Id, string? WorkflowId, string Status, string? Message);

/// <summary>The tasks of an execution.</summary>
internal sealed record TaskPage(IReadOnlyList<TaskItem> Tasks, int Total = 0, long? NextAfter = null);

/// <summary>A task of an execution.</summary>
internal sealed record TaskItem(
    string Id, string Status, string? Kind, int Attempt, string? Worker, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt,
    string? Error,
    string? Reason);

/// <summary>Lines of an execution's log; finished means that no line will follow these.</summary>
internal sealed record LogPage(IReadOnlyList<LogItem> Logs, bool Finished);

/// <summary>One line; the id rises.</summary>
internal sealed record LogItem(long Id, DateTimeOffset Timestamp, string Level, string Message, LogMetadata? Metadata);

/// <summary>Which task and stream a line came from.</summary>
internal sealed record LogMetadata(string? Task, int Attempt, string? Stream);

/// <summary>Why an execution has not ended: the sentence, and the chain of what it waits for.</summary>
internal sealed record WhyReply(string? Status, string? Message, IReadOnlyList<WhyItem>? Why);

/// <summary>One link of the chain.</summary>
internal sealed record WhyItem(
    string? Task, string WaitsFor, string Message, string? HeldBy, string? WakesBy, DateTimeOffset? WakesAt, DateTimeOffset? Since);

/// <summary>An answer with its JSON as it came.</summary>
internal sealed record Reply<T>(T Value, JsonElement Json);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WorkflowPage))]
[JsonSerializable(typeof(WorkflowItem))]
[JsonSerializable(typeof(WorkflowSavedReply))]
[JsonSerializable(typeof(ExecutionPage))]
[JsonSerializable(typeof(ExecutionItem))]
[JsonSerializable(typeof(StartReply))]
[JsonSerializable(typeof(TaskPage))]
[JsonSerializable(typeof(LogPage))]
[JsonSerializable(typeof(WhyReply))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ApiTypes : JsonSerializerContext;
