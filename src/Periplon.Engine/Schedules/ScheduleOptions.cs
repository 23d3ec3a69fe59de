using System.ComponentModel.DataAnnotations;

namespace Periplon.Engine.Schedules;

/// <summary>Settings of schedules.</summary>
public sealed class ScheduleOptions
{
    /// <summary>Over how many schedulers the schedules are spread; the same on every silo of a cluster. Default: 16.</summary>
    [Range(1, 1024)]
    public int Shards { get; set; } = 16;

    /// <summary>How far ahead a scheduler knows what fires. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often ended runs are noted, waiting ones started and ranges filled. Default: 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How late a tick may be and still count as on time. Default: 60 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Age at which the record of an ended run is deleted. Default: 30 days.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "36500.00:00:00")]
    public TimeSpan KeepRuns { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The shard of a schedule.</summary>
    /// <param name="schedule">The schedule.</param>
    internal int ShardOf(Guid schedule)
    {
        Span<byte> bytes = stackalloc byte[16];
        schedule.TryWriteBytes(bytes);
        var hash = 2166136261u;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 16777619u;
        }

        return (int)(hash % (uint)Shards);
    }
}
