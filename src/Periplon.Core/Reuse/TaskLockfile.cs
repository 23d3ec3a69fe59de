using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Which versions a project uses, with the checksum of each: the content of <c>tasks.lock.yaml</c> (reference §22.5).</summary>
public sealed record TaskLockfile
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "tasks.lock.yaml";

    /// <summary>Version of the format; files of another major version are refused.</summary>
    public SemanticVersion Version { get; init; } = SemanticVersion.Parse("1.0.0");
    /// <summary>When it was written.</summary>
    public DateTimeOffset? GeneratedAt { get; init; }
    /// <summary>What wrote it.</summary>
    public string? GeneratedBy { get; init; }
    /// <summary>Locked tasks by name.</summary>
    public IReadOnlyDictionary<string, LockedTask> Tasks { get; init; } = Map<LockedTask>.Empty;
    /// <summary>Free notes, such as <c>source_workflow</c> and <c>task_count</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Map<string>.Empty;
}

/// <summary>One locked task.</summary>
public sealed record LockedTask
{
    /// <summary>Its version.</summary>
    public required SemanticVersion Version { get; init; }
    /// <summary><c>sha256:</c> and hexadecimal digits; see <see cref="ManifestChecksum"/>.</summary>
    public required string Checksum { get; init; }
    /// <summary>Where it was found.</summary>
    public required LockSource Source { get; init; }
    /// <summary>When it was chosen.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }
    /// <summary>Versions of the tasks it needs, by name.</summary>
    public IReadOnlyDictionary<string, string> Dependencies { get; init; } = Map<string>.Empty;
    /// <summary>What it does, who wrote it, its licence.</summary>
    public LockedMetadata? Metadata { get; init; }
}

/// <summary>Notes about a locked task.</summary>
/// <param name="Description">What it does.</param>
/// <param name="Author">Who wrote it.</param>
/// <param name="License">Its licence.</param>
public sealed record LockedMetadata(string? Description, string? Author, string? License);

/// <summary>Where a locked task was found.</summary>
public abstract record LockSource
{
    private LockSource() { }

    /// <summary>A file of this machine.</summary>
    /// <param name="Path">Its path, relative to the lockfile where it is below it.</param>
    public sealed record Local(string Path) : LockSource;

    /// <summary>A file of a git repository.</summary>
    /// <param name="Url">The repository.</param>
    /// <param name="Ref">The commit.</param>
    /// <param name="Subpath">Path of the file inside it.</param>
    public sealed record Git(string Url, string Ref, string? Subpath) : LockSource;

    /// <summary>A package of a registry; read, never written.</summary>
    /// <param name="Url">The registry.</param>
    /// <param name="Package">The package.</param>
    public sealed record Registry(string Url, string Package) : LockSource;
}
