using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>An execution as the API shows it: the row, and what its grain knows better while it is under way.</summary>
internal sealed record ExecutionObject
{
    public required Guid Id { get; init; }
    public required Guid WorkflowId { get; init; }
    public required string WorkflowName { get; init; }
    public required string WorkflowVersion { get; init; }
    public required int Revision { get; init; }
    public required string Status { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? TriggeredBy { get; init; }
    public required string TriggerType { get; init; }
    public RawJson InputParams { get; init; }
    public RawJson Result { get; init; }
    public string? Error { get; init; }
    public int RetryCount { get; init; }
    public Guid? ParentExecutionId { get; init; }
    /// <summary>The ended execution that this one retries.</summary>
    public Guid? RetryOf { get; init; }
    /// <summary>The newest execution that retries this one.</summary>
    public Guid? RetriedBy { get; init; }
    public int Priority { get; init; }
    public RawJson Labels { get; init; }
    public string? WaitReason { get; init; }
    public DateTimeOffset? NextWakeAt { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? TotalTasks { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? SettledTasks { get; init; }

    public static ExecutionObject From(ExecutionRow row) => new()
    {
        Id = row.Id,
        WorkflowId = row.WorkflowId,
        WorkflowName = row.WorkflowName,
        WorkflowVersion = row.WorkflowVersion,
        Revision = row.Revision,
        Status = row.Status.ToWord(),
        StartedAt = row.StartedAt,
        CompletedAt = row.CompletedAt,
        CreatedAt = row.CreatedAt,
        TriggeredBy = row.TriggeredBy,
        TriggerType = row.TriggerType,
        InputParams = RawJson.From(row.Inputs),
        Result = RawJson.From(row.Result),
        Error = row.Error,
        RetryCount = row.RetryCount,
        ParentExecutionId = row.ParentExecutionId,
        RetryOf = row.RetryOf,
        RetriedBy = row.RetriedBy,
        Priority = row.Priority,
        Labels = RawJson.From(row.Labels),
        WaitReason = row.WaitReason,
        NextWakeAt = NextWakeOf(row),
    };

    /// <summary>When it is looked at next; null for one that waits for its first worker and has no time limit.</summary>
    public static DateTimeOffset? NextWakeOf(ExecutionRow row) => row.NextWakeAt > row.CreatedAt ? row.NextWakeAt : null;

    /// <summary>One that has ended, from its grain alone; null when the grain, of an earlier version, does not say enough.</summary>
    public static ExecutionObject? FromEnded(Guid id, ExecutionView view) => !view.IsTerminal || view.Labels.IsEmpty ? null : new()
    {
        Id = id,
        WorkflowId = view.WorkflowId,
        WorkflowName = view.WorkflowName,
        WorkflowVersion = view.WorkflowVersion,
        Revision = view.Revision,
        Status = view.Status,
        StartedAt = view.StartedAt,
        CompletedAt = view.CompletedAt,
        CreatedAt = view.CreatedAt,
        TriggeredBy = view.TriggeredBy,
        TriggerType = view.TriggerType,
        InputParams = new RawJson(view.Inputs),
        Result = new RawJson(view.Outputs),
        Error = view.Error,
        RetryCount = view.RetryCount,
        ParentExecutionId = view.ParentExecutionId,
        RetryOf = view.RetryOf,
        Priority = view.Priority,
        Labels = new RawJson(view.Labels),
        TotalTasks = view.TotalTasks,
        SettledTasks = view.SettledTasks,
    };

    /// <summary>The row with the grain's newer view of it.</summary>
    public static ExecutionObject From(ExecutionRow row, ExecutionView view) => From(row) with
    {
        Status = view.Status,
        StartedAt = view.StartedAt,
        CompletedAt = view.CompletedAt,
        Result = new RawJson(view.Outputs),
        Error = view.Error,
        RetryCount = view.RetryCount,
        WaitReason = view.IsTerminal ? null : view.Why is [var first, ..] ? first.WaitsFor : row.WaitReason,
        NextWakeAt = view.IsTerminal ? null : NextWakeOf(row),
        TotalTasks = view.TotalTasks,
        SettledTasks = view.SettledTasks,
    };
}

internal sealed record ExecutionPage(IReadOnlyList<ExecutionObject> Executions, long Total, int Offset, int Limit, string? NextCursor);

internal sealed record ExecutionStarted(Guid Id, Guid WorkflowId, string Status, string Message);

internal sealed record ExecutionControlled(Guid Id, string Status, string Message);

internal sealed record ExecutionCancelled(Guid Id, string Status, string Message, DateTimeOffset? CompletedAt);

/// <summary>The body of a start.</summary>
internal sealed record StartExecutionRequest
{
    /// <summary>Id of the workflow; or give its name as workflow.</summary>
    public string? WorkflowId { get; init; }
    /// <summary>Name of the workflow.</summary>
    public string? Workflow { get; init; }
    public RawJson? InputParams { get; init; }
    /// <summary>The same as input_params; give one of them.</summary>
    public RawJson? Inputs { get; init; }
    public string? TriggerType { get; init; }
    public int? Priority { get; init; }
    public string? ParentExecutionId { get; init; }
    public Dictionary<string, string>? Labels { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The body of cancel, pause and resume, which may be left out.</summary>
internal sealed record ControlExecutionRequest
{
    public string? Reason { get; init; }
    /// <summary>Only of cancel: whether handlers, hooks and notifications are left out too, also when they run already.</summary>
    public bool? Kill { get; init; }
}

/// <summary>Filters of the list, as the query holds them.</summary>
internal sealed record ExecutionListQuery
{
    [FromQuery(Name = "workflow_id")] public string? WorkflowId { get; init; }
    [FromQuery(Name = "status")] public string? Status { get; init; }
    [FromQuery(Name = "triggered_by")] public string? TriggeredBy { get; init; }
    [FromQuery(Name = "label")] public string[]? Label { get; init; }
    [FromQuery(Name = "created_after")] public string? CreatedAfter { get; init; }
    [FromQuery(Name = "created_before")] public string? CreatedBefore { get; init; }
    [FromQuery(Name = "parent_execution_id")] public string? ParentExecutionId { get; init; }
    [FromQuery(Name = "retry_of")] public string? RetryOf { get; init; }
    [FromQuery(Name = "parent")] public string? Parent { get; init; }
    [FromQuery(Name = "limit")] public string? Limit { get; init; }
    [FromQuery(Name = "offset")] public string? Offset { get; init; }
    [FromQuery(Name = "cursor")] public string? Cursor { get; init; }
}
