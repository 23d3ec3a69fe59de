using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using Periplon.Client.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Storage;

namespace Periplon.Api.Workflows;

/// <summary>A workflow as the API shows it.</summary>
internal sealed record WorkflowObject(
    Guid Id, string Name, string Version, int Revision, string? Description, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    string? CreatedBy, IReadOnlyList<string> Tags, bool IsActive, RawJson Definition)
{
    public static WorkflowObject From(WorkflowRow row, RawJson definition) => new(
        row.Id, row.Name, row.Version, row.Revision, row.Description, row.CreatedAt, row.UpdatedAt, row.CreatedBy, row.Tags, row.IsActive,
        definition);
}

internal sealed record WorkflowPage(IReadOnlyList<WorkflowObject> Workflows, long Total, int Offset, int Limit);

internal sealed record WorkflowCreated(
    Guid Id, string Name, string Version, string Message, int Revision, IReadOnlyList<string> Warnings,
    IReadOnlyList<DiagnosticObject> Diagnostics);

internal sealed record WorkflowUpdated(
    Guid Id, string Message, DateTimeOffset UpdatedAt, string Name, string Version, int Revision, IReadOnlyList<string> Warnings,
    IReadOnlyList<DiagnosticObject> Diagnostics,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImpactObject? Impact);

internal sealed record WorkflowVersionObject(string Version, int Revision, DateTimeOffset CreatedAt, string? CreatedBy, string Sha256);

internal sealed record WorkflowVersions(Guid WorkflowId, IReadOnlyList<WorkflowVersionObject> Versions);

/// <summary>The answer of a check: errors and warnings as text, and as the earlier API had them, beside the whole findings.</summary>
internal sealed record ValidationObject(
    bool Valid, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings, IReadOnlyList<DiagnosticObject> Diagnostics);

/// <summary>One finding about a workflow's text.</summary>
internal sealed record DiagnosticObject(string Code, string Severity, string Message, string Path, int Line, int Column, string? Hint)
{
    /// <summary>The fetched file that path, line and column are in; left out for the workflow's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? File { get; init; }

    public static DiagnosticObject From(Diagnostic found) => new(
        found.Code, found.Severity.ToString().ToLowerInvariant(), found.Message, found.Path, found.Line, found.Column, found.Hint)
    {
        File = found.File,
    };

    /// <summary>The finding as one line, as the compiler of the language prints it.</summary>
    public override string ToString() =>
        (File is null ? "" : $"{File}:") + (Line > 0 ? $"{Line}:{Column}: " : "") + $"{Severity} {Code}: {Message}";

    public static DiagnosticObject From(Problem found) =>
        new(found.Code, found.Severity, found.Message, found.Path, found.Line, found.Column, found.Hint) { File = found.File };

    public static ProblemError ToError(Problem found) => new(found.Path, found.Message)
    {
        Code = found.Code,
        Line = found.Line > 0 ? found.Line : null,
        Column = found.Column > 0 ? found.Column : null,
        Hint = found.Hint,
        File = found.File,
    };
}

/// <summary>The body of POST and PUT.</summary>
internal sealed record SaveWorkflowRequest
{
    /// <summary>YAML text, or the workflow as a JSON object.</summary>
    public RawJson? Definition { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public bool? IsActive { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Filters of the list, as the query holds them.</summary>
internal sealed record WorkflowListQuery
{
    [FromQuery(Name = "name")] public string? Name { get; init; }
    [FromQuery(Name = "tags")] public string? Tags { get; init; }
    [FromQuery(Name = "created_by")] public string? CreatedBy { get; init; }
    [FromQuery(Name = "is_active")] public string? IsActive { get; init; }
    [FromQuery(Name = "limit")] public string? Limit { get; init; }
    [FromQuery(Name = "offset")] public string? Offset { get; init; }
}
