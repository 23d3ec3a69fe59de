namespace Periplon.Core.Schedules;

/// <summary>When a schedule ticks: by a cron text in a time zone, or at an even interval; within its first and last time.</summary>
public sealed class TickRule
{
    private readonly CronSchedule? _cron;
    private readonly TimeZoneInfo _zone;
    private readonly TimeSpan _interval;
    private readonly DateTimeOffset _anchor;

    private TickRule(
        CronSchedule? cron, TimeZoneInfo zone, TimeSpan interval, DateTimeOffset anchor, DateTimeOffset? startAt, DateTimeOffset? endAt)
    {
        (_cron, _zone, _interval, _anchor) = (cron, zone, interval, anchor);
        (StartAt, EndAt) = (startAt, endAt);
    }

    /// <summary>No tick is before it; null for no bound.</summary>
    public DateTimeOffset? StartAt { get; }

    /// <summary>No tick is after it; null for no bound.</summary>
    public DateTimeOffset? EndAt { get; }

    /// <summary>Ticks by the clock of a time zone.</summary>
    /// <param name="cron">The cron text.</param>
    /// <param name="zone">The time zone.</param>
    /// <param name="startAt">No tick is before it.</param>
    /// <param name="endAt">No tick is after it.</param>
    public static TickRule Of(CronSchedule cron, TimeZoneInfo zone, DateTimeOffset? startAt = null, DateTimeOffset? endAt = null)
    {
        ArgumentNullException.ThrowIfNull(cron);
        ArgumentNullException.ThrowIfNull(zone);
        return new TickRule(cron, zone, default, default, startAt, endAt);
    }

    /// <summary>Ticks at an even interval, whatever the clocks do.</summary>
    /// <param name="interval">Time from one tick to the next, more than zero.</param>
    /// <param name="anchor">A time at which one tick would be.</param>
    /// <param name="startAt">No tick is before it.</param>
    /// <param name="endAt">No tick is after it.</param>
    public static TickRule Of(TimeSpan interval, DateTimeOffset anchor, DateTimeOffset? startAt = null, DateTimeOffset? endAt = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        return new TickRule(null, TimeZoneInfo.Utc, interval, anchor.ToUniversalTime(), startAt, endAt);
    }

    /// <summary>The first tick after a time, in UTC; null when there is none any more.</summary>
    /// <param name="time">The time; a tick at exactly this time does not count.</param>
    public DateTimeOffset? NextAfter(DateTimeOffset time)
    {
        var from = StartAt is { } start && time < start ? Before(start) : time;
        var next = _cron is null ? Interval(Steps(from) + 1) : _cron.NextAfter(from, _zone);
        return next > EndAt ? null : next;
    }

    /// <summary>The last tick at or before a time, in UTC; null when there is none yet.</summary>
    /// <param name="time">The time; a tick at exactly this time counts.</param>
    public DateTimeOffset? LastUntil(DateTimeOffset time)
    {
        var until = EndAt is { } end && time > end ? end : time;
        var last = _cron is null ? Interval(Steps(until)) : _cron.LastUntil(until, _zone);
        return last < StartAt ? null : last;
    }

    /// <summary>The ticks of a range in order, made as they are asked for.</summary>
    /// <param name="from">The first time that belongs to it.</param>
    /// <param name="to">The first time that does not.</param>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset from, DateTimeOffset to)
    {
        for (var tick = NextAfter(Before(from)); tick < to; tick = NextAfter(tick.Value))
        {
            yield return tick.Value;
        }
    }

    private static DateTimeOffset Before(DateTimeOffset time) => time > DateTimeOffset.MinValue ? time.AddTicks(-1) : time;

    // Whole intervals from the anchor to the last tick at or before a time; the anchor may be later than it.
    private long Steps(DateTimeOffset time)
    {
        var (steps, rest) = Math.DivRem(time.UtcTicks - _anchor.UtcTicks, _interval.Ticks);
        return rest < 0 ? steps - 1 : steps;
    }

    private DateTimeOffset? Interval(long steps)
    {
        var ticks = (Int128)_anchor.UtcTicks + ((Int128)steps * _interval.Ticks);
        return ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks ? null : new DateTimeOffset((long)ticks, TimeSpan.Zero);
    }
}
