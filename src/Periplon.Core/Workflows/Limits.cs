namespace Periplon.Core.Workflows;

/// <summary>Which part of an output that is too long is kept.</summary>
public enum TruncationStrategy
{
    /// <summary>The beginning.</summary>
    Head,
    /// <summary>The end.</summary>
    Tail,
    /// <summary>Half from each end.</summary>
    Both,
    /// <summary>A summary; the end where none can be made.</summary>
    Summary,
}

/// <summary>
/// Bounds on captured output and context (reference §16.1). Sizes are bytes of UTF-8; text is never cut inside a character.
/// </summary>
public sealed record LimitsDefinition
{
    /// <summary>Most bytes kept of standard output. Default: 1 MiB.</summary>
    public long MaxStdoutBytes { get; init; } = 1_048_576;
    /// <summary>Most bytes kept of standard error. Default: 256 KiB.</summary>
    public long MaxStderrBytes { get; init; } = 262_144;
    /// <summary>Most bytes kept of both. Default: 1.5 MiB.</summary>
    public long MaxCombinedBytes { get; init; } = 1_572_864;
    /// <summary>What is kept. Default: the end.</summary>
    public TruncationStrategy TruncationStrategy { get; init; } = TruncationStrategy.Tail;
    /// <summary>Most bytes of context for an agent. Default: 100 KiB.</summary>
    public long MaxContextBytes { get; init; } = 102_400;
    /// <summary>Most tasks in an agent's context. Default: 10.</summary>
    public int MaxContextTasks { get; init; } = 10;
    /// <summary>Size from which an output goes to the artifact store, in bytes; none means the server's setting.</summary>
    public long? ExternalStorageThreshold { get; init; }
    /// <summary>Directory for such outputs in local runs. Default: <c>.workflow_state/task_outputs</c>.</summary>
    public string ExternalStorageDir { get; init; } = ".workflow_state/task_outputs";
    /// <summary>Whether stored outputs are compressed. Default: true.</summary>
    public bool CompressExternal { get; init; } = true;
    /// <summary>Which outputs stay in an agent's context. Default: the 20 most recent.</summary>
    public CleanupStrategy CleanupStrategy { get; init; } = new("most_recent", 20);
}

/// <summary>Which outputs stay in an agent's context.</summary>
/// <param name="Type"><c>most_recent</c>, <c>highest_relevance</c>, <c>lru</c> or <c>direct_dependencies</c>.</param>
/// <param name="KeepCount">How many; none for <c>direct_dependencies</c>.</param>
public sealed record CleanupStrategy(string Type, int? KeepCount);

/// <summary>Which earlier outputs an agent sees (reference §16.2).</summary>
public sealed record ContextDefinition
{
    /// <summary><c>automatic</c>, <c>manual</c> or <c>none</c>. Default: <c>automatic</c>.</summary>
    public string Mode { get; init; } = "automatic";
    /// <summary>Tasks that are shown.</summary>
    public IReadOnlyList<string> IncludeTasks { get; init; } = [];
    /// <summary>Tasks that are not.</summary>
    public IReadOnlyList<string> ExcludeTasks { get; init; } = [];
    /// <summary>Least relevance, 0 to 1. Default: 0.5.</summary>
    public double MinRelevance { get; init; } = 0.5;
    /// <summary>Most bytes.</summary>
    public long? MaxBytes { get; init; }
    /// <summary>Most tasks.</summary>
    public int? MaxTasks { get; init; }
}
