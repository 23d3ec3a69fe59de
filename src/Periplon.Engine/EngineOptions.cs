using System.ComponentModel.DataAnnotations;

namespace Periplon.Engine;

/// <summary>Settings of the engine on one silo.</summary>
public sealed class EngineOptions
{
    /// <summary>Number of queue partitions; the same on every silo of a cluster, and fixed for a database. Default: 8.</summary>
    [Range(1, 1024)]
    public int Partitions { get; set; } = 8;

    /// <summary>How often a partition looks in the database for executions that are due. Default: 3 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a partition waits for the answer of an execution that it looks at; then it tries again later. Default: 3 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan LookTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How many executions that have not started a partition keeps in memory; further ones stay in the database until there is room.
    /// Default: 2000.
    /// </summary>
    [Range(10, 1_000_000)]
    public int QueueWindow { get; set; } = 2_000;

    /// <summary>How long an offer waits before it counts as much as one of the next higher priority. Default: 60 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Ageing { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether this silo runs tasks. Default: true.</summary>
    public bool RunsTasks { get; set; } = true;

    /// <summary>How many attempts this silo runs at once. Default: 1000.</summary>
    [Range(1, 10_000)]
    public int Slots { get; set; } = 1_000;

    /// <summary>How many of them may start processes (script and command tasks). Default: 32.</summary>
    [Range(1, 10_000)]
    public int Processes { get; set; } = 32;

    /// <summary>Tags this silo's worker carries. Default: none.</summary>
    public IReadOnlyList<string> Tags { get; set; } = [];

    /// <summary>How long running attempts may go on at shutdown before they are handed back. Default: 20 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a worker acts without a sign that its silo is still a member of the cluster; no longer than the others need to declare a
    /// frozen silo dead. Default: 3 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan FenceAfter { get; set; } = TimeSpan.FromSeconds(3);
}
