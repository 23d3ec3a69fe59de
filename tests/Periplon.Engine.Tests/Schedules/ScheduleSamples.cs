using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;

namespace Periplon.Engine.Tests.Schedules;

/// <summary>Schedules for tests.</summary>
internal static class ScheduleSamples
{
    public static DateTimeOffset T0 { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A schedule that ticks each minute, next at <see cref="T0"/>.</summary>
    public static ScheduleRow Minutely(string organization = "default", int shard = 0) => new()
    {
        Id = Guid.CreateVersion7(), Organization = organization, Shard = shard, Revision = 1, WorkflowId = Guid.NewGuid(),
        IntervalSecs = 60, StartAt = T0, CreatedAt = T0.AddDays(-1), UpdatedAt = T0.AddDays(-1), NextTick = T0, NextFireAt = T0,
        Overlap = OverlapPolicy.Allow,
    };

    public static ScheduleRun Run(ScheduleRow schedule, DateTimeOffset tick, RunStatus status = RunStatus.Scheduled) => new()
    {
        ScheduleId = schedule.Id, Tick = tick, Shard = schedule.Shard, Status = status, CreatedAt = tick,
        ExecutionId = status is RunStatus.Skipped ? null : Guid.NewGuid(),
        CompletedAt = status is RunStatus.Scheduled or RunStatus.Running ? null : tick.AddSeconds(1),
        StartedAt = status is RunStatus.Scheduled or RunStatus.Skipped ? null : tick,
        Reason = status is RunStatus.Skipped or RunStatus.Failed ? "because" : null,
    };

    /// <summary>The claim of the next tick, which starts a run.</summary>
    public static ScheduleClaim Claim(ScheduleRow schedule, params ScheduleRun[] runs)
    {
        var next = schedule.NextTick!.Value.AddMinutes(1);
        var after = schedule with { NextTick = next, NextFireAt = next, LastTick = schedule.NextTick, LastRunAt = schedule.NextTick };
        return new ScheduleClaim(schedule, after, runs);
    }
}
