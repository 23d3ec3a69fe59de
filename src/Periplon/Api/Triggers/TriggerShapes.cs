using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Core.Executions;
using Periplon.Engine.Triggers;

namespace Periplon.Api.Triggers;

/// <summary>A trigger as the API shows it. Its secret is not there.</summary>
internal sealed record TriggerObject
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Kind { get; init; }
    public string? Description { get; init; }
    public required bool IsPaused { get; init; }
    public required int Revision { get; init; }
    public Guid? WorkflowId { get; init; }
    public string? WorkflowName { get; init; }
    public Dictionary<string, JsonElement>? Inputs { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public int Priority { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public TriggerSignalObject? Signal { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public TriggerSignatureObject? Signature { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public TriggerAfterObject? After { get; init; }
    /// <summary>Path to which a webhook is sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? HookPath { get; init; }
    /// <summary>The secret, in the answer that set it and in no other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Secret { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public DateTimeOffset? SecretSetAt { get; init; }
    /// <summary>Until when the secret before is accepted too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public DateTimeOffset? PreviousSecretUntil { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public string? CreatedBy { get; init; }

    public static TriggerObject From(TriggerRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Kind = TriggerStore.ToWord(row.Kind),
        Description = row.Definition.Description,
        IsPaused = row.IsPaused,
        Revision = row.Revision,
        WorkflowId = row.Definition.WorkflowId,
        WorkflowName = row.WorkflowName,
        Inputs = row.Definition.Inputs?.ToDictionary(input => input.Key, input => TriggerMappings.Write(input.Value)),
        Labels = row.Definition.Labels,
        Priority = row.Definition.Priority,
        Signal = row.Definition.Signal is { } signal ? TriggerSignalObject.From(signal) : null,
        Signature = row.Definition.Signature is { } rule
            ? new TriggerSignatureObject
            {
                Scheme = rule.Scheme.ToWord(), ToleranceSecs = rule.Scheme.HasTime() ? rule.ToleranceSecs : null,
            }
            : null,
        After = row.Definition.After is { } after ? TriggerAfterObject.From(after, row.WatchedWorkflowName) : null,
        HookPath = row.Kind is TriggerKind.Webhook ? HooksApi.PathOf(row.Id) : null,
        SecretSetAt = row.SecretSetAt,
        PreviousSecretUntil = row.PreviousUntil,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        CreatedBy = row.CreatedBy,
    };
}

/// <summary>A signal instead of a start.</summary>
internal sealed record TriggerSignalObject
{
    public string? Name { get; init; }
    /// <summary>Path to what it brings; the body without one.</summary>
    public string? Payload { get; init; }
    /// <summary>Path to the id of the execution.</summary>
    public string? Execution { get; init; }
    /// <summary>Instead of execution: the workflow whose live executions are meant, by id.</summary>
    public string? WorkflowId { get; init; }
    /// <summary>The same by name.</summary>
    public string? Workflow { get; init; }
    /// <summary>Key of the label that they have.</summary>
    public string? Label { get; init; }
    /// <summary>Path to the label's value.</summary>
    public string? LabelValue { get; init; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }

    public static TriggerSignalObject From(TriggerSignal signal) => new()
    {
        Name = signal.Name, Payload = signal.Payload, Execution = signal.Execution, WorkflowId = signal.WorkflowId?.ToString("D"),
        Label = signal.Label, LabelValue = signal.LabelValue,
    };
}

/// <summary>How deliveries are signed.</summary>
internal sealed record TriggerSignatureObject
{
    public string? Scheme { get; init; }
    public int? ToleranceSecs { get; init; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Which ended executions set a trigger off.</summary>
internal sealed record TriggerAfterObject
{
    public string? WorkflowId { get; init; }
    public string? Workflow { get; init; }
    public IReadOnlyList<string>? Statuses { get; init; }
    public Dictionary<string, string>? Labels { get; init; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }

    public static TriggerAfterObject From(CompletionRule rule, string? name) => new()
    {
        WorkflowId = rule.WorkflowId.ToString("D"), Workflow = name, Statuses = [.. rule.Statuses.Select(status => status.ToWord())],
        Labels = new Dictionary<string, string>(rule.Labels),
    };
}

/// <summary>The body that creates or replaces a trigger.</summary>
internal sealed record SaveTriggerRequest
{
    public string? Name { get; init; }
    /// <summary><c>webhook</c> or <c>completion</c>; cannot be changed later.</summary>
    public string? Kind { get; init; }
    public string? Description { get; init; }
    /// <summary>Workflow that is started, by id.</summary>
    public string? WorkflowId { get; init; }
    /// <summary>The same by name.</summary>
    public string? Workflow { get; init; }
    /// <summary>For each input a path, or an object with path, value and default.</summary>
    public Dictionary<string, JsonElement>? Inputs { get; init; }
    public Dictionary<string, string>? Labels { get; init; }
    public int? Priority { get; init; }
    public TriggerSignalObject? Signal { get; init; }
    public TriggerSignatureObject? Signature { get; init; }
    public TriggerAfterObject? After { get; init; }
    /// <summary>The secret that the sender gave; one is made when it is left out. Only on creation.</summary>
    public string? Secret { get; init; }
    /// <summary>Whether it begins paused. Only on creation.</summary>
    public bool? IsPaused { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The body of rotate, which may be left out.</summary>
internal sealed record RotateTriggerRequest
{
    /// <summary>The new secret; one is made when it is left out.</summary>
    public string? Secret { get; init; }
    /// <summary>How long the secret before stays valid. Default: one day.</summary>
    public int? KeepPreviousSecs { get; init; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record TriggerPage(IReadOnlyList<TriggerObject> Triggers, int Limit, string? NextCursor);

/// <summary>One delivery or ended execution, and what became of it.</summary>
internal sealed record TriggerRunObject(
    string Source, string Status, Guid? ExecutionId, Guid? SourceExecutionId, string? Detail, int Depth, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static TriggerRunObject From(TriggerRun run) => new(
        run.Source, TriggerRunStore.ToWord(run.Status), run.Status is TriggerRunStatus.Started ? run.ExecutionId : null,
        run.SourceExecutionId, run.Detail, run.Depth, run.CreatedAt, run.UpdatedAt);
}

internal sealed record TriggerRunPage(IReadOnlyList<TriggerRunObject> Runs, int Limit, string? NextCursor);

/// <summary>What a delivery is answered with: <c>started</c>, <c>signalled</c> or <c>repeated</c>.</summary>
internal sealed record HookAccepted(string Status, Guid? ExecutionId, string Message);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(TriggerObject))]
[JsonSerializable(typeof(TriggerPage))]
[JsonSerializable(typeof(TriggerRunPage))]
[JsonSerializable(typeof(SaveTriggerRequest))]
[JsonSerializable(typeof(RotateTriggerRequest))]
[JsonSerializable(typeof(HookAccepted))]
internal sealed partial class TriggerJson : JsonSerializerContext;
