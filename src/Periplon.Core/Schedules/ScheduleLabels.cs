using System.Globalization;

namespace Periplon.Core.Schedules;

/// <summary>Labels of the executions that a schedule starts.</summary>
public static class ScheduleLabels
{
    /// <summary>The tick that the execution stands for, in UTC, such as <c>2026-11-23T03:00:00Z</c>.</summary>
    public const string ScheduledAt = "scheduled_at";

    /// <summary>Id of the schedule.</summary>
    public const string ScheduleId = "schedule_id";

    /// <summary>A tick as the label has it, to the second.</summary>
    /// <param name="tick">The tick.</param>
    public static string Text(DateTimeOffset tick) =>
        tick.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
