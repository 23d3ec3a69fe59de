using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Client.Executions;

namespace Periplon.Api.Executions;

/// <summary>The body of a signal.</summary>
internal sealed record SignalExecutionRequest
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }
    /// <summary>What it brings; any JSON.</summary>
    public RawJson? Payload { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What became of a signal: <c>taken</c>, <c>kept</c> or <c>repeated</c>.</summary>
internal sealed record ExecutionSignalled(Guid Id, string Name, string Status, string Message);

/// <summary>The body of approve and reject, which may be left out.</summary>
internal sealed record DecideExecutionRequest
{
    /// <summary>Task path; may be left out when one task waits.</summary>
    public string? Task { get; init; }
    /// <summary>What the person says.</summary>
    public string? Comment { get; init; }
}

/// <summary>A recorded decision: <c>approved</c> or <c>rejected</c>.</summary>
internal sealed record ExecutionDecided(Guid Id, string Task, string Decision, string Message);

internal sealed record ApprovalList(Guid ExecutionId, IReadOnlyList<ApprovalObject> Approvals);

/// <summary>An approval that waits for a decision.</summary>
internal sealed record ApprovalObject(
    string Task, string? Message, IReadOnlyList<string> Approvers, DateTimeOffset Since, DateTimeOffset? EndsAt, string? Default)
{
    public static ApprovalObject From(ApprovalView view) =>
        new(view.Task, view.Message, view.Approvers, view.Since, view.EndsAt, view.Default);
}
