using System.Buffers;
using System.Text;
using System.Text.Json;
using Periplon.Core.Inputs;

namespace Periplon.Engine.Tasks.Secrets;

/// <summary>
/// Replaces secret values by <c>***</c>, also in the usual transformations of them: Base64 (alone and inside a longer text, which is how
/// basic authentication carries them), hexadecimal, URL- and JSON-escaped, and the lines of values with several.
/// </summary>
internal sealed class SecretMask
{
    /// <summary>What stands for a secret.</summary>
    internal const string Mark = SecretInputs.Mark;

    /// <summary>
    /// Shorter values are not masked: they occur everywhere, and masking them would destroy text without hiding anything.
    /// </summary>
    internal const int MinLength = 4;

    // Longer patterns are looked for by their first characters; see the margins kept where text is cut.
    private const int MaxPatternLength = 8 * 1024;

    // The middle of a Base64 text has to be this long to mean anything.
    private const int MinBase64Core = 8;

    private readonly string[] _patterns;
    private readonly SearchValues<string>? _search;

    internal SecretMask(IEnumerable<string> secrets)
    {
        var patterns = new HashSet<string>(StringComparer.Ordinal);
        foreach (var secret in secrets.Where(secret => secret.Length >= MinLength))
        {
            var forms = Forms(secret).Where(form => form.Length >= MinLength);
            patterns.UnionWith(forms.Select(form => form[..Math.Min(form.Length, MaxPatternLength)]));
        }

        // The longest first: of two that begin at the same place, the longer one hides more.
        _patterns = [.. patterns.OrderByDescending(pattern => pattern.Length)];
        _search = _patterns.Length is 0 ? null : SearchValues.Create(_patterns, StringComparison.Ordinal);
    }

    /// <summary>Whether nothing is masked.</summary>
    internal bool IsEmpty => _search is null;

    /// <summary>A text without the secrets in it.</summary>
    internal string Mask(string text)
    {
        if (!TryFind(text, 0, out var start, out var end))
        {
            return text;
        }

        var masked = new StringBuilder(text.Length);
        var at = 0;
        do
        {
            masked.Append(text, at, start - at).Append(Mark);
            at = end;
        }
        while (TryFind(text, at, out start, out end));
        return masked.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>A value without the secrets in its strings, numbers and names.</summary>
    internal JsonElement Mask(JsonElement value)
    {
        if (_search is null || !Holds(value))
        {
            return value;
        }

        return new JsonRewriter(Mask, Mask, number => TryFind(number, 0, out _, out _) ? Mask(number) : null).Rewrite(value);
    }

    /// <summary>The last place, not after <paramref name="cut"/>, where a text may be cut without tearing a secret apart.</summary>
    internal int SafeCut(string text, int cut)
    {
        var from = Math.Max(0, cut - MaxPatternLength);
        while (TryFind(text, from, out var start, out var end) && start < cut)
        {
            if (end > cut)
            {
                // At the very beginning there is no earlier place; then the whole of it stays together.
                return start > 0 ? start : end;
            }

            from = end;
        }

        return cut;
    }

    // Finds the next stretch covered by secrets; those that overlap make one.
    private bool TryFind(string text, int from, out int start, out int end)
    {
        (start, end) = (-1, -1);
        var offset = _search is null ? -1 : text.AsSpan(from).IndexOfAny(_search);
        if (offset < 0)
        {
            return false;
        }

        start = from + offset;
        end = start + LongestAt(text, start);
        for (var at = start + 1; at < end;)
        {
            var next = text.AsSpan(at).IndexOfAny(_search!);
            if (next < 0 || at + next >= end)
            {
                break;
            }

            at += next;
            end = Math.Max(end, at + LongestAt(text, at));
            at++;
        }

        return true;
    }

    private int LongestAt(string text, int at)
    {
        foreach (var pattern in _patterns)
        {
            if (text.AsSpan(at).StartsWith(pattern, StringComparison.Ordinal))
            {
                return pattern.Length;
            }
        }

        return 1;
    }

    private static IEnumerable<string> Forms(string secret)
    {
        foreach (var text in (string[])[secret, secret.Trim(), .. secret.Split('\n').Select(line => line.Trim())])
        {
            if (text.Length < MinLength)
            {
                continue;
            }

            yield return text;
            yield return JsonEncodedText.Encode(text).ToString();
            yield return JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
            yield return Uri.EscapeDataString(text);
            yield return LowerEscapes(Uri.EscapeDataString(text));
            yield return System.Net.WebUtility.UrlEncode(text);
            yield return LowerEscapes(System.Net.WebUtility.UrlEncode(text));
            yield return text.Replace("'", "'\\''", StringComparison.Ordinal);

            var bytes = Encoding.UTF8.GetBytes(text);
            yield return Convert.ToHexString(bytes);
            yield return Convert.ToHexStringLower(bytes);
            foreach (var encoded in Base64Forms(bytes))
            {
                yield return encoded;
                yield return encoded.Replace('+', '-').Replace('/', '_');
            }
        }
    }

    // A byte is spread over two characters of Base64, so what a secret looks like inside a longer text depends on where it begins there,
    // modulo 3. The characters shared with neighbours are left off.
    private static IEnumerable<string> Base64Forms(byte[] secret)
    {
        yield return Convert.ToBase64String(secret).TrimEnd('=');
        for (var offset = 0; offset < 3; offset++)
        {
            var encoded = Convert.ToBase64String([.. new byte[offset], .. secret]).TrimEnd('=');
            var first = offset is 0 ? 0 : offset + 1;
            var last = (offset + secret.Length) % 3 is 0 ? encoded.Length : encoded.Length - 1;
            if (last - first >= MinBase64Core)
            {
                yield return encoded[first..last];
            }
        }
    }

    // Some encoders write %2f, others %2F; letters that are not part of an escape keep their case.
    private static string LowerEscapes(string escaped)
    {
        var text = escaped.ToCharArray();
        for (var at = 0; at + 2 < text.Length; at++)
        {
            if (text[at] is '%')
            {
                text[at + 1] = char.ToLowerInvariant(text[at + 1]);
                text[at + 2] = char.ToLowerInvariant(text[at + 2]);
            }
        }

        return new string(text);
    }

    private bool Holds(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(member => TryFind(member.Name, 0, out _, out _) || Holds(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(Holds),
        JsonValueKind.String => TryFind(value.GetString()!, 0, out _, out _),
        JsonValueKind.Number => TryFind(value.GetRawText(), 0, out _, out _),
        _ => false,
    };
}
