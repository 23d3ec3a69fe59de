using System.Text;
using System.Text.Json;
using Periplon.Core.Inputs;

namespace Periplon.Core.Secrets;

/// <summary>
/// Replaces secret values by <c>***</c> wherever text leaves the engine: every eight bytes in a row of a value, and so the whole of it, as
/// they are, reversed, in hexadecimal, in Base64 at any alignment, and behind the escapes of URLs, JSON, shells and HTML, also one notation
/// inside another. It takes time and memory in proportion to the text and the values.
/// </summary>
/// <remarks>
/// Values of four to seven bytes are found whole. Of two or three characters they are masked where they stand as a word of their own, so
/// that a secret <c>42</c> does not tear holes into every number. A single character is masked only where it is a whole JSON string.
/// Truth values and null are never masked: two words tell nothing apart.
/// </remarks>
public sealed class SecretMask
{
    /// <summary>What stands for a secret.</summary>
    public const string Mark = SecretInputs.Mark;

    // Looked at on both sides of a cut. Longer stretches may be torn: both parts are recognised.
    private const int CutMargin = 8 * 1024;

    private const int MaxNesting = 2;

    private readonly SecretWindows _windows;
    private readonly HashSet<string> _whole = new(StringComparer.Ordinal);
    private readonly string[] _words;

    /// <summary>Prepares to mask some values.</summary>
    /// <param name="secrets">The values. Each line of those with several counts as one of its own.</param>
    public SecretMask(IEnumerable<string> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var texts = new HashSet<string>(secrets.SelectMany(TextsOf), StringComparer.Ordinal);
        _whole.UnionWith(texts.Where(IsShort));
        _words = [.. _whole.Where(word => word.Length > 1 && word.All(char.IsLetterOrDigit))];
        _windows = new SecretWindows(texts);
    }

    /// <summary>Whether nothing is masked.</summary>
    public bool IsEmpty => _windows.IsEmpty && _whole.Count is 0;

    /// <summary>A text without the secrets in it.</summary>
    /// <param name="text">The text.</param>
    public string Mask(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = Find(text, 0, text.Length);
        if (found.Count is 0)
        {
            return text;
        }

        var masked = new StringBuilder(text.Length);
        var at = 0;
        foreach (var (start, end) in found)
        {
            masked.Append(text, at, start - at).Append(Mark);
            at = end;
        }

        return masked.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>A value without the secrets in its strings, numbers and names.</summary>
    /// <param name="value">The value.</param>
    public JsonElement Mask(JsonElement value) =>
        Holds(value) ? new JsonRewriter(Mask, MaskValue, number => IsHit(number) ? Mask(number) : null).Rewrite(value) : value;

    /// <summary>The last place, not after <paramref name="cut"/>, where a text may be cut without tearing a secret apart.</summary>
    /// <param name="text">The text, with some of what follows the cut.</param>
    /// <param name="cut">Where it has to be cut at the latest.</param>
    public int SafeCut(string text, int cut)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var (start, end) in Find(text, Math.Max(0, cut - CutMargin), (int)Math.Min(text.Length, (long)cut + CutMargin)))
        {
            if (start < cut && end > cut)
            {
                // At the very beginning there is no earlier place; then the whole of it stays together.
                return start > 0 ? start : end;
            }
        }

        return cut;
    }

    private static bool IsShort(string text) => Encoding.UTF8.GetByteCount(text) < SecretWindows.MinLength;

    private static IEnumerable<string> TextsOf(string secret)
    {
        string[] texts = secret.Contains('\n', StringComparison.Ordinal)
            ? [secret, secret.Trim(), .. secret.Split('\n').Select(line => line.Trim()).Where(line => !IsShort(line))]
            : [secret, secret.Trim()];
        return texts.Where(text => text.Trim().Length > 0);
    }

    private string MaskValue(string text) => _whole.Contains(text) ? Mark : Mask(text);

    private bool IsHit(string text) => Find(text, 0, text.Length).Count > 0;

    private bool Holds(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(member => IsHit(member.Name) || Holds(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(Holds),
        JsonValueKind.String => value.GetString()! is var text && (_whole.Contains(text) || IsHit(text)),
        JsonValueKind.Number => IsHit(value.GetRawText()),
        _ => false,
    };

    // The stretches that secrets cover, in order and apart.
    private List<Stretch> Find(string text, int from, int to)
    {
        var found = new List<Stretch>();
        if (!_windows.IsEmpty)
        {
            var plain = new PlainView(text, from, to);
            SecretSearch.Scan(plain, _windows, found);
            var span = text.AsSpan(from, to - from);
            if (span.ContainsAny('%', '\\', '&') || (_windows.HasSpace && span.Contains('+')))
            {
                ScanEscaped(plain, found, MaxNesting);
            }
        }

        foreach (var word in _words)
        {
            FindWord(text, word, from, to, found);
        }

        return found.Count > 1 ? Union(found) : found;
    }

    private void ScanEscaped<TView>(TView text, List<Stretch> found, int depth)
        where TView : ITextView
    {
        var (percent, backslash, ampersand, plus, quotes) = (false, false, false, false, false);
        for (var at = 0; at < text.Length; at++)
        {
            var unit = text[at];
            percent |= unit is '%';
            backslash |= unit is '\\';
            quotes |= unit is '\\' && at > 0 && text[at - 1] is '\'';
            ampersand |= unit is '&';
            plus |= unit is '+';
        }

        if (percent)
        {
            Look(EscapeDecoders.Percent(text, plusIsSpace: false));
        }

        if (plus && _windows.HasSpace)
        {
            Look(EscapeDecoders.Percent(text, plusIsSpace: true));
        }

        if (quotes)
        {
            Look(EscapeDecoders.Quotes(text));
        }

        if (backslash)
        {
            Look(EscapeDecoders.Backslash(text));
        }

        if (ampersand)
        {
            Look(EscapeDecoders.Html(text));
        }

        void Look(DecodedView view)
        {
            // A notation that changed nothing is not in use.
            if (view.Length < text.Length || depth is MaxNesting)
            {
                SecretSearch.Scan(view, _windows, found);
                if (depth > 1)
                {
                    ScanEscaped(view, found, depth - 1);
                }
            }
        }
    }

    private static void FindWord(string text, string word, int from, int to, List<Stretch> found)
    {
        for (var at = from; at < to;)
        {
            var next = text.IndexOf(word, at, to - at, StringComparison.Ordinal);
            if (next < 0)
            {
                return;
            }

            var end = next + word.Length;
            if ((next is 0 || !char.IsLetterOrDigit(text[next - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end])))
            {
                found.Add(new Stretch(next, end));
            }

            at = end;
        }
    }

    private static List<Stretch> Union(List<Stretch> found)
    {
        found.Sort((one, other) => one.Start.CompareTo(other.Start));
        var union = new List<Stretch>(found.Count) { found[0] };
        foreach (var stretch in found.Skip(1))
        {
            if (stretch.Start > union[^1].End)
            {
                union.Add(stretch);
            }
            else
            {
                union[^1] = new Stretch(union[^1].Start, Math.Max(union[^1].End, stretch.End));
            }
        }

        return union;
    }
}
