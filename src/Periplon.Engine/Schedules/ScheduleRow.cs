using System.Diagnostics.CodeAnalysis;
using Periplon.Core.Schedules;

namespace Periplon.Engine.Schedules;

/// <summary>A stored schedule.</summary>
internal sealed record ScheduleRow
{
    public required Guid Id { get; init; }
    public required string Organization { get; init; }
    /// <summary>Which scheduler fires it.</summary>
    public required int Shard { get; init; }
    /// <summary>Counts the changes that people make, from 1.</summary>
    public required int Revision { get; init; }
    public string? Name { get; init; }
    public required Guid WorkflowId { get; init; }
    /// <summary>Cron text; null when it ticks at an interval.</summary>
    public string? CronExpression { get; init; }
    public int? IntervalSecs { get; init; }
    /// <summary>IANA name of the time zone that the cron text speaks of.</summary>
    public string Timezone { get; init; } = "UTC";
    /// <summary>JSON object of input values.</summary>
    public string Inputs { get; init; } = "{}";
    public string? Description { get; init; }
    public OverlapPolicy Overlap { get; init; }
    public MissedPolicy Missed { get; init; }
    public int MissedWindowSecs { get; init; } = DefaultMissedWindowSecs;
    public int JitterSecs { get; init; }
    public DateTimeOffset? StartAt { get; init; }
    public DateTimeOffset? EndAt { get; init; }
    public int Priority { get; init; }
    public bool IsActive { get; init; } = true;
    /// <summary>The first tick that is not decided yet; null when there is none to come.</summary>
    public DateTimeOffset? NextTick { get; init; }
    /// <summary>When that tick fires.</summary>
    public DateTimeOffset? NextFireAt { get; init; }
    /// <summary>The newest tick that was decided.</summary>
    public DateTimeOffset? LastTick { get; init; }
    /// <summary>When an execution was last started.</summary>
    public DateTimeOffset? LastRunAt { get; init; }
    /// <summary>Starts that were refused or not answered, one after the other, since the last that went well.</summary>
    public int Failures { get; init; }
    public string? LastError { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public string? CreatedBy { get; init; }

    /// <summary>One day.</summary>
    public const int DefaultMissedWindowSecs = 86_400;

    /// <summary>When it ticks; false when its texts cannot be read, such as a time zone that this machine does not know.</summary>
    public bool TryGetRule([NotNullWhen(true)] out TickRule? rule, out string problem)
    {
        (rule, problem) = (null, "");
        if (IntervalSecs is { } seconds)
        {
            rule = TickRule.Of(TimeSpan.FromSeconds(seconds), StartAt ?? WholeSecond(CreatedAt), StartAt, EndAt);
            return true;
        }

        if (!CronSchedule.TryParse(CronExpression ?? "", out var cron, out problem)
            || !TimeZones.TryFind(Timezone, out var zone, out problem))
        {
            return false;
        }

        rule = TickRule.Of(cron, zone, StartAt, EndAt);
        return true;
    }

    /// <summary>What the planner needs to know.</summary>
    public ScheduleSettings ToSettings(TickRule rule, TimeSpan grace) => new(
        Id, rule, Overlap, Missed, TimeSpan.FromSeconds(MissedWindowSecs), TimeSpan.FromSeconds(JitterSecs), grace);

    /// <summary>
    /// The same with its next tick after a time, or without one while it is paused. Never a tick that was decided before, even when the
    /// clock has gone back since. A tick that is due and waits for its jitter, or for a server, stays where the rule still has it.
    /// </summary>
    public ScheduleRow Armed(TickRule rule, DateTimeOffset now)
    {
        var from = LastTick is { } last && last > now ? last : now;
        var isKept = NextTick is { } due && due <= from && rule.NextAfter(due.AddTicks(-1)) == due;
        var tick = !IsActive ? null : isKept ? NextTick : rule.NextAfter(from);
        return this with { NextTick = tick, NextFireAt = SchedulePlanner.FireAt(ToSettings(rule, TimeSpan.Zero), tick) };
    }

    private static DateTimeOffset WholeSecond(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));
}

/// <summary>Filters of a list of schedules. Null means no filter.</summary>
internal sealed record ScheduleFilter
{
    public required string Organization { get; init; }
    public Guid? WorkflowId { get; init; }
    public bool? IsActive { get; init; }
    /// <summary>The whole name.</summary>
    public string? Name { get; init; }
}

/// <summary>What became of a change to a schedule.</summary>
internal enum ScheduleSave
{
    Saved,
    /// <summary>Another schedule of the organization has the name.</summary>
    NameTaken,
    /// <summary>It was changed in between, has fired, or is gone; or a new one's id exists.</summary>
    Changed,
}
