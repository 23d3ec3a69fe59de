namespace Periplon.Core.Reuse;

/// <summary>A difference between a lockfile and what is found.</summary>
/// <param name="Code">Code of the finding.</param>
/// <param name="Name">The task.</param>
/// <param name="Message">What is locked and what was found.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record LockDifference(string Code, string Name, string Message, string Hint);

/// <summary>Compares a lockfile with the tasks that are found.</summary>
public static class LockComparison
{
    private const string Refresh = "'group update' writes the lockfile anew; restore the locked file if the change was not meant.";

    /// <summary>Every difference, locked tasks that nothing uses included.</summary>
    /// <param name="lockfile">The lockfile.</param>
    /// <param name="tasks">The tasks that are found.</param>
    public static IReadOnlyList<LockDifference> Compare(TaskLockfile lockfile, IReadOnlyCollection<LibraryTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(lockfile);
        ArgumentNullException.ThrowIfNull(tasks);
        var names = tasks.Select(task => task.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Missing(lockfile, tasks),
            .. lockfile.Tasks.Where(pair => !names.Contains(pair.Key)).Select(pair => new LockDifference(
                ReuseCodes.LockDiffers,
                pair.Key,
                $"The task '{pair.Key}' is locked at {pair.Value.Version}, but it was not found.",
                Refresh)),
        ];
    }

    /// <summary>The differences of the tasks that are used; other locked tasks may belong to other workflows.</summary>
    internal static IEnumerable<LockDifference> Missing(TaskLockfile? lockfile, IEnumerable<LibraryTask> tasks)
    {
        if (lockfile is null)
        {
            yield break;
        }

        var used = tasks.ToDictionary(task => task.Name, StringComparer.Ordinal);
        foreach (var task in used.Values)
        {
            if (!lockfile.Tasks.TryGetValue(task.Name, out var locked))
            {
                yield return new LockDifference(
                    ReuseCodes.NotLocked,
                    task.Name,
                    $"The task '{task.Name}' is used at {task.Version}, but it is not in the lockfile.",
                    Refresh);
            }
            else if (FindDifference(locked, task, used) is { } difference)
            {
                yield return new LockDifference(ReuseCodes.LockDiffers, task.Name, $"The task '{task.Name}' {difference}", Refresh);
            }
        }
    }

    private static string? FindDifference(LockedTask locked, LibraryTask task, Dictionary<string, LibraryTask> used)
    {
        if (locked.Version != task.Version)
        {
            return $"is locked at {locked.Version}, but {task.Version} was found.";
        }

        var checksum = ManifestChecksum.Of(task.Text);
        if (locked.Checksum != checksum)
        {
            return $"is locked at {task.Version} with the checksum {locked.Checksum}, but its file ({task.Origin.Place}) has {checksum}.";
        }

        var needs = DependenciesOf(task, used);
        var changed = needs.Keys.Union(locked.Dependencies.Keys).Order(StringComparer.Ordinal)
            .FirstOrDefault(name => needs.GetValueOrDefault(name) != locked.Dependencies.GetValueOrDefault(name));
        return changed is null
            ? null
            : $"is locked with '{changed}' at {locked.Dependencies.GetValueOrDefault(changed, "no version")}, but "
                + $"{needs.GetValueOrDefault(changed, "no version")} was found.";
    }

    /// <summary>The versions of what a task needs, by name, as far as it is used.</summary>
    internal static SortedDictionary<string, string> DependenciesOf(LibraryTask task, IReadOnlyDictionary<string, LibraryTask> used)
    {
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var need in task.Manifest.Dependencies)
        {
            if (used.TryGetValue(need.Name, out var found))
            {
                versions[need.Name] = found.Version.ToString();
            }
        }

        return versions;
    }
}
