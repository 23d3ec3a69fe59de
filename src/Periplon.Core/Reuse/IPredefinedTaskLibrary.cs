namespace Periplon.Core.Reuse;

/// <summary>Where predefined tasks and task groups are found. Answers must be the same each time, so that an expansion is.</summary>
public interface IPredefinedTaskLibrary
{
    /// <summary>The lockfile that expansions follow; null when there is none.</summary>
    TaskLockfile? Lockfile => null;

    /// <summary>Every version of a task, in any order; empty when there is none.</summary>
    /// <param name="name">Name of the task.</param>
    IReadOnlyList<LibraryTask> FindTasks(string name);

    /// <summary>Every version of a group, in any order; empty when there is none.</summary>
    /// <param name="name">Name of the group.</param>
    IReadOnlyList<LibraryGroup> FindGroups(string name);

    /// <summary>What to do where a task or group was not found; null when the library cannot say.</summary>
    /// <param name="name">The name that was looked for.</param>
    /// <param name="isGroup">Whether it is that of a group.</param>
    string? HintFor(string name, bool isGroup) => null;
}

/// <summary>A predefined task of a library.</summary>
/// <param name="Manifest">What its file says.</param>
/// <param name="Text">The text of the file.</param>
/// <param name="Origin">Where it was found.</param>
public sealed record LibraryTask(PredefinedTaskManifest Manifest, string Text, LibraryOrigin Origin)
{
    /// <summary>Its name.</summary>
    public string Name => Manifest.Metadata.Name;

    /// <summary>Its version.</summary>
    public SemanticVersion Version => Manifest.Metadata.Version;
}

/// <summary>A task group of a library.</summary>
/// <param name="Manifest">What its file says.</param>
/// <param name="Text">The text of the file.</param>
/// <param name="Origin">Where it was found.</param>
public sealed record LibraryGroup(TaskGroupManifest Manifest, string Text, LibraryOrigin Origin)
{
    /// <summary>Its name.</summary>
    public string Name => Manifest.Metadata.Name;

    /// <summary>Its version.</summary>
    public SemanticVersion Version => Manifest.Metadata.Version;
}

/// <summary>Where something of a library was found.</summary>
/// <param name="Place">For people: a path or an address.</param>
/// <param name="IsTrusted">
/// Whether its agents may have any tools and permissions. Those of a source that is not trusted may only read. Default: true.
/// </param>
/// <param name="Source">For the lockfile; null means a local file at <see cref="Place"/>.</param>
public sealed record LibraryOrigin(string Place, bool IsTrusted = true, LockSource? Source = null);
