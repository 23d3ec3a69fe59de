using Periplon.Engine.Schedules;

namespace Periplon.Configuration;

/// <summary>How schedules are fired (<c>schedules</c>).</summary>
internal sealed record SchedulesConfig
{
    /// <summary>Schedulers over which the schedules are spread, the same on every silo of a cluster. Default: 16.</summary>
    [Between(1, 1024)]
    public int Shards { get; init; } = 16;

    /// <summary>Lateness up to which a tick still counts as on time rather than missed, in seconds. Default: 60.</summary>
    [Between(1, 3600)]
    public double GraceSecs { get; init; } = 60;

    /// <summary>Interval of noting ended runs, starting waiting ones and filling ranges, in seconds. Default: 2.</summary>
    [Between(0.1, 300)]
    public double SweepIntervalSecs { get; init; } = 2;

    /// <summary>Age at which the record of an ended run is deleted, in days; its execution has a retention of its own. Default:
    /// 30.</summary>
    [Between(0.01, 36500)]
    public double KeepRunsDays { get; init; } = 30;

    /// <summary>Sets the options of the engine.</summary>
    public void Apply(ScheduleOptions options)
    {
        options.Shards = Shards;
        options.Grace = TimeSpan.FromSeconds(GraceSecs);
        options.SweepInterval = TimeSpan.FromSeconds(SweepIntervalSecs);
        options.KeepRuns = TimeSpan.FromDays(KeepRunsDays);
    }
}
