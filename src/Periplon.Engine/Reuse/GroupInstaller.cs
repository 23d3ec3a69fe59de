using Periplon.Core.Reuse;

namespace Periplon.Engine.Reuse;

/// <summary>A file that an installation is about.</summary>
/// <param name="Reference">What the file holds, as <c>name@version</c>.</param>
/// <param name="Path">The file.</param>
/// <param name="State"><c>new</c>, <c>replaced</c> or <c>unchanged</c>.</param>
internal sealed record InstalledFile(string Reference, string Path, string State);

/// <summary>Copies groups and their tasks into a project, and locks the tasks.</summary>
/// <param name="project">Directory of the project.</param>
/// <param name="time">The time to note.</param>
/// <param name="generatedBy">Name and version of the program.</param>
internal sealed class GroupInstaller(string project, TimeProvider time, string generatedBy)
{
    /// <summary>Writes what is not there yet, the lockfile last, so that it never names a file that was not written.</summary>
    public IReadOnlyList<InstalledFile> Install(GroupContents contents, TaskLockfile? before)
    {
        var files = new List<InstalledFile>();
        var tasks = new List<LibraryTask>();
        foreach (var task in contents.Tasks)
        {
            var path = Path.Combine(LibraryPlaces.InstalledTasks(project), $"{task.Name}.task.yaml");
            files.Add(Write(task.Manifest.Metadata.Reference, path, task.Text, task.Origin.Place));
            tasks.Add(task with { Origin = task.Origin with { Source = SourceOf(task.Origin) } });
        }

        foreach (var group in contents.Groups)
        {
            var path = Path.Combine(LibraryPlaces.InstalledGroups(project), $"{group.Name}.taskgroup.yaml");
            files.Add(Write(group.Manifest.Metadata.Reference, path, group.Text, group.Origin.Place));
        }

        var lockfile = TaskLockfiles.Lock(before, tasks, time.GetUtcNow(), generatedBy);
        if (before is null || !IsSame(before, lockfile))
        {
            Replace(ProjectLockfile.PathIn(project), TaskLockfiles.Write(lockfile));
        }

        return files;
    }

    private InstalledFile Write(string reference, string path, string text, string place)
    {
        // A project may keep the file under another name or in its other directory; a second copy would only be in the way.
        if (IsInProject(place))
        {
            return new InstalledFile(reference, place, "unchanged");
        }

        var isThere = File.Exists(path);
        if (isThere && File.ReadAllText(path) == text)
        {
            return new InstalledFile(reference, path, "unchanged");
        }

        Replace(path, text);
        return new InstalledFile(reference, path, isThere ? "replaced" : "new");
    }

    private bool IsInProject(string place) => LibraryPlaces.Of(project, null).Any(known =>
        string.Equals(Path.GetDirectoryName(place), known.Path, StringComparison.Ordinal));

    private LockSource SourceOf(LibraryOrigin origin)
    {
        if (origin.Source is not null)
        {
            return origin.Source;
        }

        var relative = Path.GetRelativePath(project, origin.Place);
        return new LockSource.Local(relative.StartsWith("..", StringComparison.Ordinal) ? origin.Place : relative.Replace('\\', '/'));
    }

    private static bool IsSame(TaskLockfile left, TaskLockfile right) =>
        TaskLockfiles.Write(left with { GeneratedAt = null, GeneratedBy = null })
        == TaskLockfiles.Write(right with { GeneratedAt = null, GeneratedBy = null });

    // Never half a file, whatever happens meanwhile.
    private static void Replace(string path, string text)
    {
        var directory = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fresh = Path.Combine(directory.FullName, "." + Path.GetRandomFileName());
        File.WriteAllText(fresh, text);
        File.Move(fresh, path, overwrite: true);
    }
}
