using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;

namespace Periplon.Api.Schedules;

/// <summary>A schedule as the API shows it.</summary>
internal sealed record ScheduleObject
{
    public required Guid Id { get; init; }
    public string? Name { get; init; }
    public required Guid WorkflowId { get; init; }
    public string? CronExpression { get; init; }
    public int? IntervalSecs { get; init; }
    public required string Timezone { get; init; }
    public required bool IsActive { get; init; }
    public RawJson InputParams { get; init; }
    public string? Description { get; init; }
    public required string Overlap { get; init; }
    public required string Missed { get; init; }
    public required int MissedWindowSecs { get; init; }
    public required int JitterSecs { get; init; }
    public DateTimeOffset? StartAt { get; init; }
    public DateTimeOffset? EndAt { get; init; }
    public required int Priority { get; init; }
    public required int Revision { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public string? CreatedBy { get; init; }
    public DateTimeOffset? LastRunAt { get; init; }
    public DateTimeOffset? NextRunAt { get; init; }
    public required int ConsecutiveFailures { get; init; }
    public string? LastError { get; init; }

    public static ScheduleObject From(ScheduleRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        WorkflowId = row.WorkflowId,
        CronExpression = row.CronExpression,
        IntervalSecs = row.IntervalSecs,
        Timezone = row.Timezone,
        IsActive = row.IsActive,
        InputParams = RawJson.From(row.Inputs),
        Description = row.Description,
        Overlap = row.Overlap.ToWord(),
        Missed = row.Missed.ToWord(),
        MissedWindowSecs = row.MissedWindowSecs,
        JitterSecs = row.JitterSecs,
        StartAt = row.StartAt,
        EndAt = row.EndAt,
        Priority = row.Priority,
        Revision = row.Revision,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        CreatedBy = row.CreatedBy,
        LastRunAt = row.LastRunAt,
        NextRunAt = row.NextFireAt,
        ConsecutiveFailures = row.Failures,
        LastError = row.LastError,
    };
}

internal sealed record SchedulePage(IReadOnlyList<ScheduleObject> Schedules, long Total, int Offset, int Limit);

internal sealed record ScheduleCreated(Guid Id, Guid WorkflowId, string Message, DateTimeOffset? NextRunAt);

internal sealed record ScheduleUpdated(Guid Id, string Message, DateTimeOffset UpdatedAt, bool IsActive, DateTimeOffset? NextRunAt);

internal sealed record ScheduleTriggered(Guid ScheduleId, Guid ExecutionId, Guid WorkflowId, string Status, string Message);

/// <summary>A coming tick: the time it stands for, when it fires with its jitter, and what the clock of the time zone shows.</summary>
internal sealed record OccurrenceObject(DateTimeOffset ScheduledAt, DateTimeOffset FiresAt, string Local)
{
    public static OccurrenceObject From(DateTimeOffset tick, DateTimeOffset firesAt, TimeZoneInfo zone) => new(
        tick, firesAt, TimeZoneInfo.ConvertTime(tick, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
}

/// <summary>The id of the schedule is absent from a preview.</summary>
internal sealed record OccurrencePage(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? ScheduleId, string Timezone,
    IReadOnlyList<OccurrenceObject> Occurrences);

internal sealed record ScheduleRunObject(
    DateTimeOffset ScheduledAt, string Status, string Kind, Guid? ExecutionId, bool Waits, int Ticks, string? Reason, Guid? BackfillId,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt)
{
    public static ScheduleRunObject From(ScheduleRun run) => new(
        run.Tick, run.Status.ToWord(), run.Kind.ToWord(), run.Status is RunStatus.Skipped ? null : run.ExecutionId, run.Waits, run.Ticks,
        run.Reason, run.BackfillId, run.CreatedAt, run.StartedAt, run.CompletedAt);
}

internal sealed record ScheduleRunPage(Guid ScheduleId, IReadOnlyList<ScheduleRunObject> Runs, string? NextCursor);

/// <summary>A backfill and how far it is. Null counts are left out of lists.</summary>
internal sealed record BackfillObject(
    Guid Id, Guid ScheduleId, DateTimeOffset From, DateTimeOffset To, string Status, int MaxParallel, int Priority, int Total, int Started,
    int Passed, DateTimeOffset NextAt, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt, string? CreatedBy)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Active { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Completed { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Failed { get; init; }

    public static BackfillObject Of(ScheduleBackfill backfill, BackfillCounts? counts = null) => new(
        backfill.Id, backfill.ScheduleId, backfill.FromAt, backfill.ToAt, backfill.Status.ToWord(), backfill.MaxParallel, backfill.Priority,
        backfill.Total, backfill.Started, backfill.Passed, backfill.NextAt, backfill.CreatedAt, backfill.CompletedAt, backfill.CreatedBy)
    {
        Active = counts?.Active, Completed = counts?.Completed, Failed = counts?.Failed,
    };
}

internal sealed record BackfillList(Guid ScheduleId, IReadOnlyList<BackfillObject> Backfills);

/// <summary>What a backfill would do: the number of gaps, and the first of them.</summary>
internal sealed record BackfillPreview(Guid ScheduleId, bool DryRun, int Total, int Passed, IReadOnlyList<DateTimeOffset> Gaps);

/// <summary>The body of a new or changed schedule. What is left out keeps its value, or its default.</summary>
internal sealed record SaveScheduleRequest
{
    public string? Name { get; init; }
    /// <summary>Id of the workflow; or give its name as workflow.</summary>
    public string? WorkflowId { get; init; }
    public string? Workflow { get; init; }
    /// <summary>Give this or interval_secs.</summary>
    public string? CronExpression { get; init; }
    public int? IntervalSecs { get; init; }
    public string? Timezone { get; init; }
    public bool? IsActive { get; init; }
    public RawJson? InputParams { get; init; }
    /// <summary>The same as input_params; give one of them.</summary>
    public RawJson? Inputs { get; init; }
    public string? Description { get; init; }
    /// <summary>allow, skip, queue or cancel_old.</summary>
    public string? Overlap { get; init; }
    /// <summary>skip, last or all.</summary>
    public string? Missed { get; init; }
    public int? MissedWindowSecs { get; init; }
    public int? JitterSecs { get; init; }
    public string? StartAt { get; init; }
    public string? EndAt { get; init; }
    public int? Priority { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The body of a preview.</summary>
internal sealed record PreviewScheduleRequest
{
    public string? CronExpression { get; init; }
    public int? IntervalSecs { get; init; }
    public string? Timezone { get; init; }
    public string? StartAt { get; init; }
    public string? EndAt { get; init; }
    public int? Count { get; init; }
    public string? From { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The body of a backfill.</summary>
internal sealed record BackfillRequest
{
    public string? From { get; init; }
    public string? To { get; init; }
    public int? MaxParallel { get; init; }
    public int? Priority { get; init; }
    public bool? DryRun { get; init; }
    /// <summary>Whether the range may begin before what is known of the schedule's runs.</summary>
    public bool? MayRepeat { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Filters of the list, as the query holds them.</summary>
internal sealed record ScheduleListQuery
{
    [FromQuery(Name = "workflow_id")] public string? WorkflowId { get; init; }
    [FromQuery(Name = "is_active")] public string? IsActive { get; init; }
    [FromQuery(Name = "name")] public string? Name { get; init; }
    [FromQuery(Name = "limit")] public string? Limit { get; init; }
    [FromQuery(Name = "offset")] public string? Offset { get; init; }
}
