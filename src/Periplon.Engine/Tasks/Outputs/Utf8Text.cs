using System.Text;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Text measured in bytes of UTF-8 and never cut inside a character.</summary>
internal static class Utf8Text
{
    /// <summary>Decodes bytes; what is not UTF-8 becomes the replacement character.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Decodes the end of a longer text: a character whose beginning is missing is left out.</summary>
    internal static string DecodeTail(ReadOnlySpan<byte> bytes)
    {
        var start = 0;
        while (start < Math.Min(3, bytes.Length) && (bytes[start] & 0xC0) is 0x80)
        {
            start++;
        }

        return Decode(bytes[start..]);
    }

    /// <summary>How many characters of the beginning fit.</summary>
    internal static int FitHead(string text, long maxBytes)
    {
        if (text.Length * 3L <= maxBytes || Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text.Length;
        }

        var (at, used) = (0, 0L);
        while (at < text.Length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
            used += rune.Utf8SequenceLength;
            if (used > maxBytes)
            {
                break;
            }

            at += length;
        }

        return at;
    }

    /// <summary>From which character on the end fits.</summary>
    internal static int FitTail(string text, long maxBytes)
    {
        if (text.Length * 3L <= maxBytes || Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return 0;
        }

        var (at, used) = (text.Length, 0L);
        while (at > 0)
        {
            Rune.DecodeLastFromUtf16(text.AsSpan(0, at), out var rune, out var length);
            used += rune.Utf8SequenceLength;
            if (used > maxBytes)
            {
                break;
            }

            at -= length;
        }

        return at;
    }

    /// <summary>Cuts a text to a size, with a line that says what is missing.</summary>
    internal static string Cut(string text, long maxBytes, TruncationStrategy strategy)
    {
        if (Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text;
        }

        var (head, tail) = Shares(maxBytes, strategy);
        return Join(text[..FitHead(text, head)], text[FitTail(text, tail)..], Encoding.UTF8.GetByteCount(text));
    }

    /// <summary>How a bound is shared between the beginning and the end of a text.</summary>
    internal static (long Head, long Tail) Shares(long maxBytes, TruncationStrategy strategy) => strategy switch
    {
        TruncationStrategy.Head => (maxBytes, 0),
        TruncationStrategy.Both => (maxBytes / 2, maxBytes - (maxBytes / 2)),
        _ => (0, maxBytes),
    };

    /// <summary>Beginning and end of a text of a certain size, with a line between them that says what is missing.</summary>
    internal static string Join(string head, string tail, long total)
    {
        var missing = Math.Max(total - Encoding.UTF8.GetByteCount(head) - Encoding.UTF8.GetByteCount(tail), 0);
        var before = head.Length > 0 && !head.EndsWith('\n') ? "\n" : "";
        return $"{head}{before}[... {missing} bytes left out ...]\n{tail}";
    }
}
