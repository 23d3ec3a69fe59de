using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Core.Executions;

namespace Periplon.Engine.Triggers;

/// <summary>What sets a trigger off.</summary>
internal enum TriggerKind
{
    /// <summary>A signed request from elsewhere.</summary>
    Webhook,
    /// <summary>The end of an execution of a workflow.</summary>
    Completion,
}

/// <summary>A trigger as it is stored; its secrets are read apart, and only to check a delivery.</summary>
internal sealed record TriggerRow
{
    public required Guid Id { get; init; }
    public required string Organization { get; init; }
    public required string Name { get; init; }
    public required TriggerKind Kind { get; init; }
    public bool IsPaused { get; init; }
    /// <summary>Counted from 1; a change names the one it was made from.</summary>
    public int Revision { get; init; } = 1;
    public required TriggerDefinition Definition { get; init; }
    public DateTimeOffset? SecretSetAt { get; init; }
    /// <summary>Until when the secret before the newest is accepted.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }
    /// <summary>Executions that ended before this start nothing.</summary>
    public required DateTimeOffset ActiveSince { get; init; }
    /// <summary>How far the look for ended executions has come.</summary>
    public required DateTimeOffset ScannedTo { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public string? CreatedBy { get; init; }
    /// <summary>Name of the workflow it starts, where that exists.</summary>
    public string? WorkflowName { get; init; }
    /// <summary>Name of the workflow it waits for, where that exists.</summary>
    public string? WatchedWorkflowName { get; init; }

    /// <summary>What executions name as the one who started them.</summary>
    public string By => $"trigger:{Id:D}";
}

/// <summary>What a trigger does, and when.</summary>
internal sealed record TriggerDefinition
{
    public string? Description { get; init; }
    /// <summary>Workflow of which it starts an execution; null when it signals.</summary>
    public Guid? WorkflowId { get; init; }
    /// <summary>Where each input comes from; null for the whole document in <c>payload</c>.</summary>
    public IReadOnlyDictionary<string, InputSource>? Inputs { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public int Priority { get; init; }
    public TriggerSignal? Signal { get; init; }
    public SignatureRule? Signature { get; init; }
    public CompletionRule? After { get; init; }
}

/// <summary>Where the value of an input comes from: a path into the document, or a constant.</summary>
internal sealed record InputSource
{
    public string? Path { get; init; }
    /// <summary>The constant, or what stands in for a path that leads nowhere.</summary>
    public JsonElement? Value { get; init; }
}

/// <summary>A signal instead of a start.</summary>
internal sealed record TriggerSignal
{
    public required string Name { get; init; }
    /// <summary>Path to what it brings; null for the body.</summary>
    public string? Payload { get; init; }
    /// <summary>Path to the id of the execution.</summary>
    public string? Execution { get; init; }
    /// <summary>All live executions of this workflow with a label instead.</summary>
    public Guid? WorkflowId { get; init; }
    public string? Label { get; init; }
    /// <summary>Path to the label's value.</summary>
    public string? LabelValue { get; init; }
}

/// <summary>How deliveries are signed.</summary>
internal sealed record SignatureRule
{
    public SignatureScheme Scheme { get; init; }
    /// <summary>How far the time of a signature may be from now, where the scheme has one.</summary>
    public int ToleranceSecs { get; init; } = 300;
}

/// <summary>Which ended executions set a trigger off.</summary>
internal sealed record CompletionRule
{
    public required Guid WorkflowId { get; init; }
    /// <summary>Empty for every final status.</summary>
    public IReadOnlyList<ExecutionStatus> Statuses { get; init; } = [];
    /// <summary>Labels that an execution has to have.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>The secrets with which a delivery may be signed.</summary>
internal sealed record TriggerSecrets(string Current, string? Previous, DateTimeOffset? PreviousUntil)
{
    public IReadOnlyList<string> ValidAt(DateTimeOffset now) =>
        Previous is not null && PreviousUntil > now ? [Current, Previous] : [Current];
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(TriggerDefinition))]
internal sealed partial class TriggerDefinitionJson : JsonSerializerContext;
