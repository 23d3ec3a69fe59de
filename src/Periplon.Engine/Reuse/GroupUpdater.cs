using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Engine.Reuse;

/// <summary>A version that an update changes.</summary>
/// <param name="Name">The group or task.</param>
/// <param name="From">The version so far; null for what is new.</param>
/// <param name="To">The new version.</param>
internal sealed record VersionChange(string Name, SemanticVersion? From, SemanticVersion To);

/// <summary>What an update does to a group.</summary>
/// <param name="Group">The group's change; both versions are the same when only its tasks change.</param>
/// <param name="Tasks">Its tasks that change.</param>
/// <param name="Contents">What the group then needs.</param>
/// <param name="Errors">Why it cannot be updated; empty when it can.</param>
internal sealed record GroupUpdate(
    VersionChange Group, IReadOnlyList<VersionChange> Tasks, GroupContents Contents, IReadOnlyList<string> Errors)
{
    public bool HasChanges => Group.From != Group.To || Tasks.Count > 0;
}

/// <summary>Finds newer versions of installed groups and their tasks.</summary>
internal static class GroupUpdater
{
    /// <summary>The groups of a project.</summary>
    public static IReadOnlyList<LibraryGroup> InstalledIn(string project) => [.. FileLibrary.Read(LibraryPlaces.Of(project, null)).Groups];

    /// <summary>Plans the update of one group; writes nothing.</summary>
    public static GroupUpdate Plan(
        LibraryGroup installed, IPredefinedTaskLibrary library, TaskLockfile? lockfile, UpdatePolicy policy, VersionConstraint? wanted)
    {
        var newest = library.FindGroups(installed.Name)
            .Where(group => policy.Allows(installed.Version, group.Version) && (wanted is null || wanted.Allows(group.Version)))
            .MaxBy(group => group.Version) ?? installed;
        var contents = PredefinedTasks.Resolve(newest, new UpdateLibrary(library, lockfile, policy));
        var tasks = contents.Tasks
            .Select(task => new VersionChange(task.Name, lockfile?.Tasks.GetValueOrDefault(task.Name)?.Version, task.Version))
            .Where(change => change.From != change.To);
        return new GroupUpdate(
            new VersionChange(installed.Name, installed.Version, newest.Version),
            [.. tasks],
            contents,
            [.. contents.Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error).Select(found => found.Message)]);
    }
}
