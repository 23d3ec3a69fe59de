using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Http;

/// <summary>A page of schedules.</summary>
internal sealed record SchedulePage(IReadOnlyList<ScheduleItem> Schedules, long Total);

/// <summary>A schedule.</summary>
internal sealed record ScheduleItem(
    string Id, string? Name, string WorkflowId, string? CronExpression, int? IntervalSecs, string? Timezone, bool IsActive,
    string? Description, string? Overlap, string? Missed, int JitterSecs, DateTimeOffset? StartAt, DateTimeOffset? EndAt, int Priority,
    DateTimeOffset? LastRunAt, DateTimeOffset? NextRunAt, int ConsecutiveFailures, string? LastError)
{
    public JsonElement InputParams { get; init; }

    /// <summary>When it ticks, for people.</summary>
    [JsonIgnore]
    public string Times => IntervalSecs is { } seconds ? $"every {seconds} s" : $"{CronExpression} {Timezone}";
}

/// <summary>What a create, update, pause or resume answers.</summary>
internal sealed record ScheduleSavedReply(string Id, string? Message, DateTimeOffset? NextRunAt);

/// <summary>What a trigger answers.</summary>
internal sealed record ScheduleTriggerReply(string ScheduleId, string ExecutionId);

/// <summary>Coming ticks.</summary>
internal sealed record OccurrenceList(string Timezone, IReadOnlyList<OccurrenceItem> Occurrences);

/// <summary>A coming tick.</summary>
internal sealed record OccurrenceItem(DateTimeOffset ScheduledAt, DateTimeOffset FiresAt, string Local);

/// <summary>A page of runs, newest first.</summary>
internal sealed record ScheduleRunPage(IReadOnlyList<ScheduleRunItem> Runs, string? NextCursor);

/// <summary>What became of a tick.</summary>
internal sealed record ScheduleRunItem(
    DateTimeOffset ScheduledAt, string Status, string Kind, string? ExecutionId, int Ticks, string? Reason, DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt);

/// <summary>A backfill, or with <c>dry_run</c> what it would fill.</summary>
internal sealed record BackfillReply(string? Id, string? Status, int Total, int Passed, int Started, IReadOnlyList<DateTimeOffset>? Gaps);

/// <summary>Backfills of a schedule.</summary>
internal sealed record BackfillPage(IReadOnlyList<BackfillItem> Backfills);

/// <summary>A backfill.</summary>
internal sealed record BackfillItem(
    string Id, string Status, DateTimeOffset From, DateTimeOffset To, int Total, int Started, int Passed, DateTimeOffset CreatedAt,
    DateTimeOffset? CompletedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SchedulePage))]
[JsonSerializable(typeof(ScheduleItem))]
[JsonSerializable(typeof(ScheduleSavedReply))]
[JsonSerializable(typeof(ScheduleTriggerReply))]
[JsonSerializable(typeof(OccurrenceList))]
[JsonSerializable(typeof(ScheduleRunPage))]
[JsonSerializable(typeof(BackfillReply))]
[JsonSerializable(typeof(BackfillPage))]
internal sealed partial class ScheduleTypes : JsonSerializerContext;
