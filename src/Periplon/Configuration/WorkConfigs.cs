namespace Periplon.Configuration;

/// <summary>Where large outputs and artifacts are kept (<c>artifacts</c>).</summary>
internal sealed record ArtifactsConfig
{
    /// <summary><c>filesystem</c>. Default: filesystem.</summary>
    [OneOf("filesystem")]
    public string Backend { get; init; } = "filesystem";

    /// <summary>Directory, beneath <c>server.data_dir</c> unless absolute. Default: artifacts.</summary>
    public string Path { get; init; } = "artifacts";

    /// <summary>Largest output that stays in the journal, in bytes; larger ones become files. Default: 64 KiB.</summary>
    [Between(1024, 1048576)]
    public int InlineBytes { get; init; } = 64 * 1024;
}

/// <summary>How ready work is shared out (<c>queue</c>).</summary>
internal sealed record QueueConfig
{
    /// <summary>Partitions of the queue, the same on every silo of a cluster. Default: 8.</summary>
    [Between(1, 1024)]
    public int Partitions { get; init; } = 8;

    /// <summary>Interval of looking for due and lost work in the database, in seconds. Default: 3.</summary>
    [Between(0.1, 300)]
    public double SweepIntervalSecs { get; init; } = 3;

    /// <summary>
    /// Executions that have not started and that a partition keeps in memory; further ones wait in the database. Default: 2000.
    /// </summary>
    [Between(10, 1000000)]
    public int Window { get; init; } = 2_000;

    /// <summary>Time after which a waiting task counts as much as one of the next higher priority, in seconds. Default: 60.</summary>
    [Between(1, 31536000)]
    public double AgeingSecs { get; init; } = 60;
}

/// <summary>The worker of this process (<c>worker</c>).</summary>
internal sealed record WorkerConfig
{
    /// <summary>
    /// Attempts that run at the same time; 0 makes a server that runs none. Most tasks wait for a network. Default: 1000.
    /// </summary>
    [Between(0, 10000)]
    public int Slots { get; init; } = 1_000;

    /// <summary>
    /// Attempts among them that may run a process of their own, which script and command tasks do. Many wait for a network too, so the
    /// default does not follow the number of cores; give less where processes are heavy. Default: 32.
    /// </summary>
    [Between(1, 10000)]
    public int Processes { get; init; } = 32;

    /// <summary>Tags that tasks may ask for with <c>worker_tags</c>. Default: none.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>
    /// Directory beneath which each execution gets its own, beneath <c>server.data_dir</c> unless absolute. Default: work.
    /// </summary>
    public string WorkDir { get; init; } = "work";

    /// <summary>Time that running attempts get to finish when the process is told to stop, in seconds. Default: 30.</summary>
    [Between(0, 86400)]
    public double DrainSecs { get; init; } = 30;

    /// <summary>Environment variables that tasks and <c>${env.NAME}</c> may see. Default: those that programs need to start.</summary>
    public IReadOnlyList<string> EnvAllow { get; init; } = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];

    /// <summary>
    /// Whether HTTP tasks may reach loopback and private addresses; link-local and metadata addresses never are. Default: true, which a
    /// later version tightens to false.
    /// </summary>
    public bool AllowPrivateNetworks { get; init; } = true;
}

/// <summary>
/// How the engine repeats calls of its own (database, notifications, models) that failed for a passing reason (<c>reliability</c>).
/// Retries of tasks are the workflow's matter.
/// </summary>
internal sealed record ReliabilityConfig
{
    /// <summary>Repetitions of a failed call. Default: 3.</summary>
    [Between(0, 20)]
    public int MaxRetries { get; init; } = 3;

    /// <summary>Wait before the first repetition, in milliseconds. Default: 1000.</summary>
    [Between(1, 60000)]
    public int RetryBackoffMs { get; init; } = 1000;

    /// <summary>Factor from one wait to the next. Default: 2.</summary>
    [Between(1, 10)]
    public double RetryBackoffMultiplier { get; init; } = 2;

    /// <summary>Failures in a row after which calls to the same target are refused for a while. Default: 5.</summary>
    [Between(1, 1000)]
    public int CircuitBreakerThreshold { get; init; } = 5;

    /// <summary>How long they are refused, in seconds. Default: 60.</summary>
    [Between(1, 3600)]
    public double CircuitBreakerTimeoutSecs { get; init; } = 60;

    /// <summary>Interval of the checks behind <c>/ready</c>, in seconds. Default: 30.</summary>
    [Between(1, 3600)]
    public double HealthCheckIntervalSecs { get; init; } = 30;
}

/// <summary>How long ended executions are kept (<c>retention</c>).</summary>
internal sealed record RetentionConfig
{
    /// <summary>Whether ended executions are ever deleted. Default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Age at which an ended execution, its events and its logs are deleted, in days. Default: 30.</summary>
    [Between(0.01, 36500)]
    public double Days { get; init; } = 30;

    /// <summary>Most ended executions of one workflow that are kept; 0 means no bound. Default: 0.</summary>
    [Between(0, 100000000)]
    public int MaxExecutions { get; init; }

    /// <summary>Interval of looking for what to delete, in seconds. Default: 600.</summary>
    [Between(1, 86400)]
    public double IntervalSecs { get; init; } = 600;

    /// <summary>Executions deleted in one transaction. Default: 500.</summary>
    [Between(1, 10000)]
    public int BatchSize { get; init; } = 500;
}
