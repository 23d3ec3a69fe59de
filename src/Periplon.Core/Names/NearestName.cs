namespace Periplon.Core.Names;

/// <summary>Finds the name that was probably meant, for "did you mean".</summary>
public static class NearestName
{
    private const int MaxLength = 64;

    /// <summary><c>Did you mean 'name'? </c>, or nothing when no candidate is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What is allowed.</param>
    public static string Suggest(string name, IEnumerable<string> candidates) =>
        Find(name, candidates) is { } nearest ? $"Did you mean '{nearest}'? " : "";

    /// <summary>
    /// The candidate that differs least, in at most a third of the letters; the first of equals. Case, hyphens and underscores do not
    /// count: <c>dependsOn</c> and <c>depends-on</c> are near <c>depends_on</c>.
    /// </summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What is allowed.</param>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(candidates);
        if (name.Length > MaxLength)
        {
            return null;
        }

        string? nearest = null;
        var least = Math.Max(1, name.Length / 3) + 1;
        var folded = Fold(name);
        foreach (var candidate in candidates)
        {
            if (candidate.Length > MaxLength || Math.Abs(name.Length - candidate.Length) >= least + 2)
            {
                continue;
            }

            var distance = Distance(folded, Fold(candidate));
            if (distance < least)
            {
                (nearest, least) = (candidate, distance);
            }
        }

        return nearest;
    }

    private static string Fold(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    // Optimal string alignment, so that two swapped letters count as one mistake. Three rows are enough.
    private static int Distance(string left, string right)
    {
        var width = right.Length + 1;
        int[] before = new int[width], previous = new int[width], current = new int[width];
        for (var j = 0; j < width; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j < width; j++)
            {
                var replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                var best = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
                current[j] = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]
                    ? Math.Min(best, before[j - 2] + 1)
                    : best;
            }

            (before, previous, current) = (previous, current, before);
        }

        return previous[width - 1];
    }
}
