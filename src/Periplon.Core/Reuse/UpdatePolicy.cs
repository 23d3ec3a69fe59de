namespace Periplon.Core.Reuse;

/// <summary>How far an update may go (reference §22.5).</summary>
public enum UpdatePolicy
{
    /// <summary>Nothing is changed; newer versions are only shown.</summary>
    Manual,
    /// <summary>The first two numbers stay.</summary>
    PatchOnly,
    /// <summary>The first number stays.</summary>
    MinorAndPatch,
    /// <summary>Any newer version.</summary>
    All,
}

/// <summary>What the policies allow.</summary>
public static class UpdatePolicies
{
    /// <summary>Whether an update from one version to another is allowed; staying is, going back is not.</summary>
    /// <param name="policy">The policy; <see cref="UpdatePolicy.Manual"/> looks as far as <see cref="UpdatePolicy.All"/>.</param>
    /// <param name="from">The version so far.</param>
    /// <param name="to">The new version.</param>
    public static bool Allows(this UpdatePolicy policy, SemanticVersion from, SemanticVersion to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        // A pre-release is for those who ask for it; who has one of the same numbers may go on to the next.
        return to.CompareTo(from) >= 0
            && (to == from || !to.IsPreRelease || (from.IsPreRelease && Numbers(from) == Numbers(to)))
            && policy switch
            {
                UpdatePolicy.PatchOnly => (from.Major, from.Minor) == (to.Major, to.Minor),
                UpdatePolicy.MinorAndPatch => from.Major == to.Major,
                _ => true,
            };
    }

    private static (long, long, long) Numbers(SemanticVersion version) => (version.Major, version.Minor, version.Patch);
}

/// <summary>A library that offers of each locked task only the versions that an update may go to.</summary>
/// <param name="inner">The whole library.</param>
/// <param name="lockfile">What is locked so far; null when nothing is.</param>
/// <param name="policy">How far the update may go.</param>
public sealed class UpdateLibrary(IPredefinedTaskLibrary inner, TaskLockfile? lockfile, UpdatePolicy policy) : IPredefinedTaskLibrary
{
    /// <inheritdoc/>
    public IReadOnlyList<LibraryTask> FindTasks(string name)
    {
        var found = inner.FindTasks(name);
        return lockfile?.Tasks.GetValueOrDefault(name) is { } locked
            ? [.. found.Where(task => policy.Allows(locked.Version, task.Version))]
            : found;
    }

    /// <inheritdoc/>
    public IReadOnlyList<LibraryGroup> FindGroups(string name) => inner.FindGroups(name);

    /// <inheritdoc/>
    public string? HintFor(string name, bool isGroup) => inner.HintFor(name, isGroup);
}
