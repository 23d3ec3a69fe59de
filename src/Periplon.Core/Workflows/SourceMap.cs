namespace Periplon.Core.Workflows;

/// <summary>A place in a workflow file.</summary>
/// <param name="Line">Line, counted from 1; 0 when unknown.</param>
/// <param name="Column">Column, counted from 1; 0 when unknown.</param>
public readonly record struct SourceLocation(int Line, int Column)
{
    /// <summary>A place that is not known, for definitions built in code.</summary>
    public static SourceLocation Unknown => default;
}

/// <summary>Where every node of a definition stands in its file, by path such as <c>tasks.build.depends_on[0]</c>.</summary>
/// <param name="locations">Location of each path.</param>
public sealed class SourceMap(IReadOnlyDictionary<string, SourceLocation> locations)
{
    /// <summary>The map of a definition that came from no file.</summary>
    public static SourceMap Empty { get; } = new(new Dictionary<string, SourceLocation>());

    /// <summary>The location of a path, or of its nearest ancestor that is known.</summary>
    /// <param name="path">A path as the diagnostics print it.</param>
    public SourceLocation Find(string path)
    {
        for (var rest = path; rest.Length > 0; rest = Parent(rest))
        {
            if (locations.TryGetValue(rest, out var found))
            {
                return found;
            }
        }

        return locations.GetValueOrDefault("");
    }

    private static string Parent(string path)
    {
        var cut = path.LastIndexOfAny(['.', '[']);
        return cut < 0 ? "" : path[..cut];
    }
}
