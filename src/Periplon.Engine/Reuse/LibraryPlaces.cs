using Periplon.Core.Reuse;

namespace Periplon.Engine.Reuse;

/// <summary>A directory that is searched for predefined tasks and groups.</summary>
/// <param name="Path">The directory; it need not exist.</param>
/// <param name="Pattern">Names of its files: <c>*.task.yaml</c> or <c>*.taskgroup.yaml</c>; null for both.</param>
/// <param name="Priority">Where two places have the same version, the higher number wins.</param>
/// <param name="IsRecursive">Whether the directories below it are searched too. Default: false.</param>
/// <param name="IsTrusted">Whether its tasks may have any tools and permissions. Default: true.</param>
/// <param name="Repository">The repository and commit that the directory is a copy of; null for a directory of this machine.</param>
internal sealed record LibraryPlace(
    string Path,
    string? Pattern,
    int Priority,
    bool IsRecursive = false,
    bool IsTrusted = true,
    LockSource.Git? Repository = null);

/// <summary>The directories that every project has (reference §22.2, §22.6).</summary>
internal static class LibraryPlaces
{
    public const string TaskPattern = "*.task.yaml";
    public const string GroupPattern = "*.taskgroup.yaml";

    private const int ProjectPriority = 10;
    private const int UserPriority = 8;

    // The first is where other programs look too; what is installed goes there.
    private static readonly string[] Roots = [".claude", ".periplon"];

    public static string InstalledTasks(string project) => Path.Combine(project, Roots[0], "tasks");

    public static string InstalledGroups(string project) => Path.Combine(project, Roots[0], "task-groups");

    /// <summary>The places of a project and a home directory; the project's win. Null for none.</summary>
    public static IEnumerable<LibraryPlace> Of(string? project, string? home)
    {
        foreach (var (directory, priority) in new[] { (project, ProjectPriority), (home, UserPriority) })
        {
            foreach (var root in directory is null ? [] : Roots)
            {
                yield return new LibraryPlace(Path.Combine(directory!, root, "tasks"), TaskPattern, priority);
                yield return new LibraryPlace(Path.Combine(directory!, root, "task-groups"), GroupPattern, priority);
            }
        }
    }

    /// <summary>The places below the library directory of a server, searched with all below them.</summary>
    public static IEnumerable<LibraryPlace> OfServer(string directory) =>
    [
        new(Path.Combine(directory, "tasks"), TaskPattern, ProjectPriority, IsRecursive: true),
        new(Path.Combine(directory, "groups"), GroupPattern, ProjectPriority, IsRecursive: true),
    ];

    /// <summary>Where the file of sources may be below a directory; the first that exists counts.</summary>
    public static IEnumerable<string> SourceLists(string? directory) =>
        directory is null ? [] : Roots.Select(root => Path.Combine(directory, root, TaskSourceList.FileName));
}
