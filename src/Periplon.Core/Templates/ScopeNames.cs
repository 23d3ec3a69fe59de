namespace Periplon.Core.Templates;

/// <summary>The first names that qualified references may have.</summary>
public static class ScopeNames
{
    /// <summary>The names, in the order messages list them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "workflow", "input", "task", "loop", "matrix", "state", "execution", "agent", "subflow", "group", "secret", "env", "metadata",
    ];

    /// <summary>Whether a name is a scope.</summary>
    /// <param name="name">The name.</param>
    public static bool Contains(string name) => All.Contains(name, StringComparer.Ordinal);
}
