using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Periplon.Core.Executions;
using Periplon.Engine.Bulk;

namespace Periplon.Api.Bulk;

/// <summary>The body of a bulk action.</summary>
internal sealed record BulkActionRequest
{
    public string? Action { get; init; }
    public BulkFilterObject? Filter { get; init; }
    /// <summary>Says that an empty filter is meant: all executions.</summary>
    public bool? All { get; init; }
    public string? Reason { get; init; }
    public BulkParamsObject? Params { get; init; }
    /// <summary>Only count what matches.</summary>
    public bool? DryRun { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Which executions; the filters of the list.</summary>
internal sealed record BulkFilterObject
{
    public string? WorkflowId { get; init; }
    /// <summary>Name of the workflow, instead of its id.</summary>
    public string? Workflow { get; init; }
    public IReadOnlyList<string>? Status { get; init; }
    public string? TriggeredBy { get; init; }
    public string? ParentExecutionId { get; init; }
    public Dictionary<string, string>? Labels { get; init; }
    public string? CreatedAfter { get; init; }
    public string? CreatedBefore { get; init; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }

    public static BulkFilterObject From(BulkRequest request) => new()
    {
        WorkflowId = request.WorkflowId?.ToString("D"),
        Status = [.. request.Statuses.Select(status => status.ToWord())],
        TriggeredBy = request.TriggeredBy,
        ParentExecutionId = request.ParentExecutionId?.ToString("D"),
        Labels = request.Labels.Count > 0 ? new Dictionary<string, string>(request.Labels) : null,
        CreatedAfter = request.CreatedAfter?.UtcDateTime.ToString("O"),
        CreatedBefore = request.CreatedBefore?.UtcDateTime.ToString("O"),
    };
}

/// <summary>What an action needs to know: signal a name and what it brings, retry where it begins.</summary>
internal sealed record BulkParamsObject
{
    public string? Name { get; init; }
    public JsonElement? Payload { get; init; }
    /// <summary>Task that a retry runs again with all that depends on it.</summary>
    public string? FromTask { get; init; }
    /// <summary>Whether a retry runs everything again.</summary>
    public bool? FromStart { get; init; }
    /// <summary>Revision that a retry runs: <c>same</c> or <c>latest</c>.</summary>
    public string? Revision { get; init; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A bulk operation as the API shows it.</summary>
internal sealed record OperationObject
{
    public required Guid Id { get; init; }
    public required string Action { get; init; }
    /// <summary><c>running</c>, <c>cancelling</c>, <c>completed</c> or <c>cancelled</c>.</summary>
    public required string Status { get; init; }
    public required BulkFilterObject Filter { get; init; }
    public string? Reason { get; init; }
    public required long Matched { get; init; }
    public required long Done { get; init; }
    public required long Unchanged { get; init; }
    public required long Failed { get; init; }
    public required IReadOnlyList<BulkErrorObject> Errors { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? CreatedBy { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }

    public static OperationObject From(BulkOperation operation) => new()
    {
        Id = operation.Id,
        Action = operation.Action,
        Status = operation is { Status: BulkStatus.Running, CancelRequested: true } ? "cancelling" : BulkStore.ToWord(operation.Status),
        Filter = BulkFilterObject.From(operation.Request),
        Reason = operation.Reason,
        Matched = operation.Matched,
        Done = operation.Done,
        Unchanged = operation.Unchanged,
        Failed = operation.Failed,
        Errors = [.. operation.Errors.Select(error => new BulkErrorObject(error.ExecutionId, error.Error))],
        CreatedAt = operation.CreatedAt,
        CreatedBy = operation.CreatedBy,
        UpdatedAt = operation.UpdatedAt,
        CompletedAt = operation.CompletedAt,
    };
}

/// <summary>An execution on which the action failed, and why.</summary>
internal sealed record BulkErrorObject(Guid ExecutionId, string Error);

/// <summary>What a dry run answers: how many match, and the newest of them.</summary>
internal sealed record BulkPreview(string Action, long Matched, IReadOnlyList<Guid> Sample, string Message);

internal sealed record OperationPage(IReadOnlyList<OperationObject> Operations, int Limit, string? NextCursor);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(BulkActionRequest))]
[JsonSerializable(typeof(OperationObject))]
[JsonSerializable(typeof(OperationPage))]
[JsonSerializable(typeof(BulkPreview))]
internal sealed partial class OperationJson : JsonSerializerContext;

internal static class BulkApiServices
{
    public static IServiceCollection AddBulkApi(this IServiceCollection services)
    {
        services.TryAddSingleton<BulkStore>();
        services.AddSingleton<BulkRequests>();
        return services;
    }
}
