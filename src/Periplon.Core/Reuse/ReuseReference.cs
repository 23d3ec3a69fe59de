namespace Periplon.Core.Reuse;

/// <summary>What a reference of a workflow names.</summary>
public enum ReuseKind
{
    /// <summary>A predefined task.</summary>
    Task,
    /// <summary>A task group.</summary>
    Group,
}

/// <summary>A predefined task or task group that a workflow names itself, before anything is looked up.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Name">Name of the task or group.</param>
/// <param name="Version">Which versions will do.</param>
/// <param name="Path">Where the workflow names it, such as <c>tasks.build.uses</c>.</param>
public sealed record ReuseReference(ReuseKind Kind, string Name, VersionConstraint Version, string Path);
