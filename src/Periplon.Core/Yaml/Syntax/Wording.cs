using Periplon.Core.Workflows;

namespace Periplon.Core.Yaml.Syntax;

/// <summary>The words of messages: quoted texts that cannot break a line, lists of names, and the nearest name.</summary>
internal static class Wording
{
    private const int LongestQuote = 60;

    internal static string Quote(string text)
    {
        // Never between the halves of a surrogate pair.
        var length = text.Length <= LongestQuote ? text.Length : LongestQuote - (char.IsHighSurrogate(text[LongestQuote - 1]) ? 1 : 0);
        var cut = text[..length];
        var flat = string.Create(cut.Length, cut, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
        return cut.Length < text.Length ? $"'{flat}…'" : $"'{flat}'";
    }

    internal static string Place(SourceLocation at) => $"{at.Line}:{at.Column}";

    internal static string Names(IEnumerable<string> names) => string.Join(", ", names);

    /// <summary>A hint that names the nearest allowed word, if one is near enough.</summary>
    internal static string? DidYouMean(string found, IEnumerable<string> allowed) =>
        Nearest(found, allowed) is { } nearest ? $"Did you mean '{nearest}'?" : null;

    internal static string? Nearest(string found, IEnumerable<string> allowed)
    {
        string? nearest = null;
        var least = Math.Clamp(found.Length / 3, 1, 3) + 1;
        foreach (var name in allowed)
        {
            var distance = Math.Abs(name.Length - found.Length) >= least ? least : Distance(Fold(found), Fold(name));
            if (distance < least)
            {
                (nearest, least) = (name, distance);
            }
        }

        return nearest;
    }

    // dependsOn, depends-on and Depends_On are all near depends_on.
    private static string Fold(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal)
        .ToLowerInvariant();

    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        var current = new int[right.Length + 1];
        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
