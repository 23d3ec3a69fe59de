using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Periplon.Core.Templates;

/// <summary>One step of a reference: a member's name or an item's index.</summary>
/// <param name="Name">Name of a member; null for an index.</param>
/// <param name="Index">Index of an item, from 0; -1 for a name.</param>
public readonly record struct ReferenceSegment(string? Name, int Index)
{
    /// <summary>Whether the step is an index.</summary>
    [MemberNotNullWhen(false, nameof(Name))]
    public bool IsIndex => Name is null;

    /// <summary>The step as it is written after another one.</summary>
    public override string ToString() => IsIndex ? $"[{Index}]" : ReferencePath.IsIdentifier(Name) ? $".{Name}" : $"[\"{Name}\"]";
}

/// <summary>
/// A reference such as <c>task.fetch.output.items[0].id</c>, parsed once: an identifier, then members (<c>.name</c>, <c>["any key"]</c>)
/// and indexes (<c>[0]</c>). Identifiers are ASCII letters, digits, <c>_</c> and <c>-</c>, and do not start with a digit or a hyphen.
/// </summary>
public sealed class ReferencePath
{
    /// <summary>The longest text that is parsed as JSON to reach a member of it, in characters.</summary>
    public const int MaxParsedText = 4 * 1024 * 1024;

    // Keys are bounded so that a text full of unfinished brackets is still read in linear time.
    private const int MaxKeyLength = 256;

    private readonly ReferenceSegment[] _segments;

    private ReferencePath(string text, ReferenceSegment[] segments)
    {
        Text = text;
        _segments = segments;
    }

    /// <summary>The reference as written.</summary>
    public string Text { get; }

    /// <summary>Its steps; the first is always a name.</summary>
    public IReadOnlyList<ReferenceSegment> Segments => _segments;

    /// <summary>The first name: the scope in a qualified reference.</summary>
    public string Root => _segments[0].Name!;

    /// <summary>Whether there is more than the first name.</summary>
    public bool IsQualified => _segments.Length > 1;

    /// <summary>The steps from an index on, for <see cref="TryGetMember"/>.</summary>
    /// <param name="start">Index of the first step.</param>
    public ReadOnlySpan<ReferenceSegment> From(int start) => _segments.AsSpan(start);

    /// <summary>Parses a whole text as one reference; surrounding white space is not allowed.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The reference.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ReferencePath? path)
    {
        ArgumentNullException.ThrowIfNull(text);
        path = TryScan(text, 0, out var end, out var scanned) && end == text.Length ? scanned : null;
        return path is not null;
    }

    /// <summary>Builds a reference from its steps.</summary>
    /// <param name="segments">The steps; the first is a name.</param>
    public static ReferencePath Of(IReadOnlyList<ReferenceSegment> segments)
    {
        ArgumentNullException.ThrowIfNull(segments);
        if (segments.Count == 0 || segments[0].IsIndex)
        {
            throw new ArgumentException("A reference starts with a name.", nameof(segments));
        }

        return new ReferencePath(string.Concat(segments.Select(s => s.ToString())).TrimStart('.'), [.. segments]);
    }

    /// <summary>
    /// Follows steps into a JSON value. Where a step is asked of a string, the string is read as JSON, so that the output text of a task
    /// that prints JSON can be walked into; texts over <see cref="MaxParsedText"/> are not.
    /// </summary>
    /// <param name="root">The value to start from.</param>
    /// <param name="segments">The steps.</param>
    /// <param name="value">The value reached.</param>
    /// <returns>False when a step leads nowhere.</returns>
    public static bool TryGetMember(JsonElement root, ReadOnlySpan<ReferenceSegment> segments, out JsonElement value)
    {
        value = root;
        foreach (var segment in segments)
        {
            if (value.ValueKind is JsonValueKind.String && !TryParseText(value.GetString()!, out value))
            {
                return false;
            }

            if (!TryStep(value, segment, out value))
            {
                return false;
            }
        }

        return value.ValueKind is not JsonValueKind.Undefined;
    }

    /// <summary>The reference as written.</summary>
    public override string ToString() => Text;

    /// <summary>Reads the longest reference that starts at a position.</summary>
    internal static bool TryScan(string text, int start, out int end, [NotNullWhen(true)] out ReferencePath? path)
    {
        path = null;
        end = ScanIdentifier(text, start);
        if (end == start)
        {
            return false;
        }

        var segments = new List<ReferenceSegment>(4) { new(text[start..end], -1) };
        while (end < text.Length && TryScanStep(text, end, out var next, out var segment))
        {
            segments.Add(segment);
            end = next;
        }

        path = new ReferencePath(text[start..end], [.. segments]);
        return true;
    }

    internal static bool IsIdentifier(string text) => text.Length > 0 && ScanIdentifier(text, 0) == text.Length;

    private static int ScanIdentifier(string text, int start)
    {
        if (start >= text.Length || !(char.IsAsciiLetter(text[start]) || text[start] == '_'))
        {
            return start;
        }

        var end = start + 1;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '-'))
        {
            end++;
        }

        return end;
    }

    private static bool TryScanStep(string text, int start, out int end, out ReferenceSegment segment)
    {
        segment = default;
        end = start;
        if (text[start] == '.')
        {
            end = ScanIdentifier(text, start + 1);
            if (end == start + 1)
            {
                return false;
            }

            segment = new ReferenceSegment(text[(start + 1)..end], -1);
            return true;
        }

        if (text[start] != '[' || start + 2 >= text.Length)
        {
            return false;
        }

        return text[start + 1] is '"' or '\''
            ? TryScanKey(text, start, out end, out segment)
            : TryScanIndex(text, start, out end, out segment);
    }

    private static bool TryScanKey(string text, int start, out int end, out ReferenceSegment segment)
    {
        segment = default;
        end = start;
        var key = text.AsSpan(start + 2, Math.Min(MaxKeyLength + 1, text.Length - start - 2));
        var length = key.IndexOf(text[start + 1]);
        var close = start + 3 + length;
        if (length < 0 || close >= text.Length || text[close] != ']')
        {
            return false;
        }

        segment = new ReferenceSegment(key[..length].ToString(), -1);
        end = close + 1;
        return true;
    }

    private static bool TryScanIndex(string text, int start, out int end, out ReferenceSegment segment)
    {
        segment = default;
        end = start + 1;
        // Nine digits hold every index an array in memory can have, and cannot overflow.
        while (end < text.Length && char.IsAsciiDigit(text[end]) && end - start <= 9)
        {
            end++;
        }

        if (end == start + 1 || end >= text.Length || text[end] != ']')
        {
            return false;
        }

        segment = new ReferenceSegment(null, int.Parse(text.AsSpan(start + 1, end - start - 1)));
        end++;
        return true;
    }

    private static bool TryStep(JsonElement from, ReferenceSegment segment, out JsonElement value)
    {
        value = default;
        if (!segment.IsIndex)
        {
            return from.ValueKind is JsonValueKind.Object && from.TryGetProperty(segment.Name, out value);
        }

        if (from.ValueKind is not JsonValueKind.Array || segment.Index >= from.GetArrayLength())
        {
            return false;
        }

        value = from[segment.Index];
        return true;
    }

    private static bool TryParseText(string text, out JsonElement value)
    {
        value = default;
        var body = text.AsSpan().TrimStart();
        // Only objects and arrays have members; the first character tells without a parse that would fail by exception.
        if (text.Length > MaxParsedText || body.IsEmpty || body[0] is not ('{' or '['))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            value = document.RootElement.Clone();
            return ValueLimits.IsText(value);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
