using Periplon.Core.Names;
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
        NearestName.Find(found, allowed) is { } nearest ? $"Did you mean '{nearest}'?" : null;
}
