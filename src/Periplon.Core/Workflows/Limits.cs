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
    /// <summary>The first lines, which say what it is about (at most a quarter of the bound), and the end.</summary>
    Summary,
}

/// <summary>
/// Bounds on captured output and context (reference §16.1). Sizes are bytes of UTF-8; text is never cut inside a character. Each bound
/// that is not set reads as its default, and is taken from the limits around it by <see cref="Over"/>.
/// </summary>
public sealed record LimitsDefinition
{
    private static readonly CleanupStrategy UsualCleanup = new("most_recent", 20);

    private readonly LimitSettings _set;

    /// <summary>No bound is set: the defaults.</summary>
    public LimitsDefinition()
        : this(new LimitSettings()) { }

    internal LimitsDefinition(LimitSettings set) => _set = set;

    /// <summary>Most bytes kept of standard output. Default: 1 MiB.</summary>
    public long MaxStdoutBytes
    {
        get => _set.MaxStdoutBytes ?? 1_048_576;
        init => _set = _set with { MaxStdoutBytes = value };
    }

    /// <summary>Most bytes kept of standard error. Default: 256 KiB.</summary>
    public long MaxStderrBytes
    {
        get => _set.MaxStderrBytes ?? 262_144;
        init => _set = _set with { MaxStderrBytes = value };
    }

    /// <summary>Most bytes kept of both. Default: 1.5 MiB.</summary>
    public long MaxCombinedBytes
    {
        get => _set.MaxCombinedBytes ?? 1_572_864;
        init => _set = _set with { MaxCombinedBytes = value };
    }

    /// <summary>What is kept. Default: the end.</summary>
    public TruncationStrategy TruncationStrategy
    {
        get => _set.TruncationStrategy ?? TruncationStrategy.Tail;
        init => _set = _set with { TruncationStrategy = value };
    }

    /// <summary>Most bytes of context for an agent. Default: 100 KiB.</summary>
    public long MaxContextBytes
    {
        get => _set.MaxContextBytes ?? 102_400;
        init => _set = _set with { MaxContextBytes = value };
    }

    /// <summary>Most tasks in an agent's context. Default: 10.</summary>
    public int MaxContextTasks
    {
        get => _set.MaxContextTasks ?? 10;
        init => _set = _set with { MaxContextTasks = value };
    }

    /// <summary>
    /// Size from which an output goes to the artifact store, in bytes; none means that what the journal does not take goes there.
    /// </summary>
    public long? ExternalStorageThreshold
    {
        get => _set.ExternalStorageThreshold;
        init => _set = _set with { ExternalStorageThreshold = value };
    }

    /// <summary>
    /// Directory for such outputs in local runs, where the workflow sets it; a relative one begins where the run does. Default:
    /// <c>.workflow_state/task_outputs</c>; a run whose workflow does not set it keeps them beside its state.
    /// </summary>
    public string ExternalStorageDir
    {
        get => _set.ExternalStorageDir ?? ".workflow_state/task_outputs";
        init => _set = _set with { ExternalStorageDir = value };
    }

    /// <summary>Whether stored outputs are compressed. Default: true.</summary>
    public bool CompressExternal
    {
        get => _set.CompressExternal ?? true;
        init => _set = _set with { CompressExternal = value };
    }

    /// <summary>Which outputs stay in an agent's context. Default: the 20 most recent.</summary>
    public CleanupStrategy CleanupStrategy
    {
        get => _set.CleanupStrategy ?? UsualCleanup;
        init => _set = _set with { CleanupStrategy = value };
    }

    /// <summary>Whether <see cref="ExternalStorageDir"/> is set.</summary>
    public bool HasExternalStorageDir() => _set.ExternalStorageDir is not null;

    /// <summary>The limits of a task inside a workflow: what is set here, else what is set around it, else the defaults.</summary>
    /// <param name="outer">The limits around these; null when there are none.</param>
    public LimitsDefinition Over(LimitsDefinition? outer) => outer is null ? this : new LimitsDefinition(_set.Over(outer._set));

    /// <summary>The limits of a task inside a workflow, either of which may set none.</summary>
    /// <param name="task">Limits of the task.</param>
    /// <param name="workflow">Limits of the workflow.</param>
    public static LimitsDefinition Of(LimitsDefinition? task, LimitsDefinition? workflow) =>
        (task ?? new LimitsDefinition()).Over(workflow);
}

/// <summary>The bounds that a file sets; null for each that it leaves out.</summary>
internal sealed record LimitSettings
{
    public long? MaxStdoutBytes { get; init; }
    public long? MaxStderrBytes { get; init; }
    public long? MaxCombinedBytes { get; init; }
    public TruncationStrategy? TruncationStrategy { get; init; }
    public long? MaxContextBytes { get; init; }
    public int? MaxContextTasks { get; init; }
    public long? ExternalStorageThreshold { get; init; }
    public string? ExternalStorageDir { get; init; }
    public bool? CompressExternal { get; init; }
    public CleanupStrategy? CleanupStrategy { get; init; }

    public LimitSettings Over(LimitSettings outer) => new()
    {
        MaxStdoutBytes = MaxStdoutBytes ?? outer.MaxStdoutBytes,
        MaxStderrBytes = MaxStderrBytes ?? outer.MaxStderrBytes,
        MaxCombinedBytes = MaxCombinedBytes ?? outer.MaxCombinedBytes,
        TruncationStrategy = TruncationStrategy ?? outer.TruncationStrategy,
        MaxContextBytes = MaxContextBytes ?? outer.MaxContextBytes,
        MaxContextTasks = MaxContextTasks ?? outer.MaxContextTasks,
        ExternalStorageThreshold = ExternalStorageThreshold ?? outer.ExternalStorageThreshold,
        ExternalStorageDir = ExternalStorageDir ?? outer.ExternalStorageDir,
        CompressExternal = CompressExternal ?? outer.CompressExternal,
        CleanupStrategy = CleanupStrategy ?? outer.CleanupStrategy,
    };
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
