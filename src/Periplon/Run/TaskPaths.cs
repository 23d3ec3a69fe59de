using System.Text.RegularExpressions;

namespace Periplon.Run;

/// <summary>
/// Paths of tasks inside others: <c>build.test</c> is a subtask of <c>build</c>, <c>build[2]</c> its third iteration, and
/// <c>build/test</c> a task of the subflow that it runs.
/// </summary>
internal static partial class TaskPaths
{
    private static readonly char[] Separators = ['.', '[', '/'];

    /// <summary>The nearest task around a path among those that are known; null when there is none.</summary>
    public static string? ParentOf(string path, Func<string, bool> isKnown)
    {
        for (var cut = path.LastIndexOfAny(Separators); cut > 0; cut = path.LastIndexOfAny(Separators, cut - 1))
        {
            if (isKnown(path[..cut]))
            {
                return path[..cut];
            }
        }

        return null;
    }

    /// <summary>The path that all iterations share: <c>build[].test</c> for <c>build[2].test</c>.</summary>
    public static string TemplateOf(string path) => Index().Replace(path, "[]");

    /// <summary>What a path adds to its parent's: <c>test</c> or <c>[2]</c>.</summary>
    public static string Leaf(string path, string? parent) => parent is null ? path : path[parent.Length..].TrimStart('.', '/');

    /// <summary>Whether a path is an iteration of its parent.</summary>
    public static bool IsIteration(string path, string parent) =>
        path.Length > parent.Length && path[parent.Length] is '[' && path[^1] is ']' && path.IndexOf(']', parent.Length) == path.Length - 1;

    [GeneratedRegex(@"\[[0-9]+\]")]
    private static partial Regex Index();
}
