using System.Diagnostics.CodeAnalysis;

namespace Periplon.Core.Reuse;

/// <summary>
/// What <c>uses</c>, <c>embed</c>, <c>imports</c> and the commands name: <c>name@version</c>, and for tasks of an imported group
/// <c>namespace:task</c>, with or without a version of its own.
/// </summary>
/// <param name="Namespace">Namespace of the imported group; null for a task by its name.</param>
/// <param name="Name">Name of the task or group.</param>
/// <param name="Version">Which versions will do; null where the group says so.</param>
/// <param name="Workflow">Workflow of a group, behind a <c>#</c>.</param>
public sealed record TaskReference(string? Namespace, string Name, VersionConstraint? Version, string? Workflow = null)
{
    /// <summary>Reads a reference.</summary>
    /// <param name="text">The text.</param>
    /// <param name="reference">The reference; null when the text is none.</param>
    /// <param name="problem">What is wrong with the text, as the end of a sentence; null when nothing is.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out TaskReference? reference, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        reference = null;
        problem = "is not name@version, such as tidy@1.2.0 or tidy@^1.0.0.";
        var (rest, workflow) = Cut(text.Trim(), '#');
        var (name, version) = Cut(rest, '@');
        var (space, task) = Cut(name, ':');
        VersionConstraint? constraint = null;
        if (workflow is not null && string.IsNullOrWhiteSpace(workflow)
            || string.IsNullOrWhiteSpace(task ?? space)
            || (task is not null && string.IsNullOrWhiteSpace(space))
            || (version is null && task is null))
        {
            return false;
        }

        if (version is not null && !VersionConstraint.TryParseReference(version, out constraint, out problem))
        {
            return false;
        }

        (reference, problem) = (new TaskReference(task is null ? null : space, task ?? space, constraint, workflow), null);
        return true;
    }

    /// <summary>The reference as it is written.</summary>
    public override string ToString() => (Namespace is null ? "" : Namespace + ":") + Name
        + (Version is null ? "" : "@" + Version) + (Workflow is null ? "" : "#" + Workflow);

    private static (string Before, string? After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }
}
