using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Api.Executions;

/// <summary>The body of a retry, which may be left out.</summary>
internal sealed record RetryExecutionRequest
{
    /// <summary>Task that runs again with everything that depends on it.</summary>
    public string? FromTask { get; init; }
    /// <summary>Whether everything runs again.</summary>
    public bool? FromStart { get; init; }
    /// <summary>Input values that take the place of the old ones.</summary>
    public RawJson? Inputs { get; init; }
    /// <summary>The same as inputs; give one of them.</summary>
    public RawJson? InputParams { get; init; }
    /// <summary>Revision to run: same, latest or a number. Default: same.</summary>
    public RawJson? Revision { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record ExecutionRetried(Guid Id, Guid WorkflowId, Guid RetryOf, string Status, string Message);

/// <summary>The body of a skip, which may be left out.</summary>
internal sealed record SkipTaskBody
{
    public string? Reason { get; init; }
    /// <summary>Output that the task is to have: the members of an object are named outputs, anything else is text.</summary>
    public RawJson? Output { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record TaskSkipped(Guid Id, string Task, string Status, string Message);

/// <summary>Source-generated JSON of retries and skips.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(RetryExecutionRequest))]
[JsonSerializable(typeof(ExecutionRetried))]
[JsonSerializable(typeof(SkipTaskBody))]
[JsonSerializable(typeof(TaskSkipped))]
internal sealed partial class RetryJson : JsonSerializerContext;
