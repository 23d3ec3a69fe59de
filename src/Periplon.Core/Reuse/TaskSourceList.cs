namespace Periplon.Core.Reuse;

/// <summary>Where predefined tasks come from: the content of <c>task-sources.yaml</c> (reference §22.3).</summary>
public sealed record TaskSourceList
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "task-sources.yaml";

    /// <summary>The sources, in the order of the file.</summary>
    public IReadOnlyList<TaskSource> Sources { get; init; } = [];
}

/// <summary>A source of predefined tasks.</summary>
public abstract record TaskSource
{
    private TaskSource() { }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }
    /// <summary>Sources with a higher number win where two have the same version of a task: 0 to 255. Default: 5.</summary>
    public int Priority { get; init; } = 5;
    /// <summary>Whether it is used at all. Default: true.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>A directory, searched with all that is below it.</summary>
    public sealed record Local : TaskSource
    {
        /// <summary>Its path; may start with <c>~</c> and hold environment variables.</summary>
        public required string Path { get; init; }
    }

    /// <summary>A git repository, searched as a whole.</summary>
    public sealed record Git : TaskSource
    {
        /// <summary>Its address.</summary>
        public required string Url { get; init; }
        /// <summary>Branch; none means the repository's own choice.</summary>
        public string? Branch { get; init; }
        /// <summary>Tag, in place of a branch; what it names is never fetched again.</summary>
        public string? Tag { get; init; }
        /// <summary>Directory of the local copy. Default: <c>~/.claude/cache/NAME</c>.</summary>
        public string? CacheDir { get; init; }
        /// <summary>When the copy is refreshed. Default: <see cref="SourceUpdatePolicy.Daily"/>.</summary>
        public SourceUpdatePolicy UpdatePolicy { get; init; } = SourceUpdatePolicy.Daily;
        /// <summary>
        /// Whether its tasks may have any tools and permissions; otherwise only those that read. Default: true.
        /// </summary>
        public bool IsTrusted { get; init; } = true;
    }
}

/// <summary>When the local copy of a repository is refreshed.</summary>
public enum SourceUpdatePolicy
{
    /// <summary>When it is older than a day.</summary>
    Daily,
    /// <summary>When it is older than seven days.</summary>
    Weekly,
    /// <summary>Only when a person asks for it.</summary>
    Manual,
    /// <summary>Each time.</summary>
    Always,
}
