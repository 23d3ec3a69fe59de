using System.Text;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Text measured in bytes of UTF-8 and never cut inside a character.</summary>
internal static class Utf8Text
{
    private const int SummaryLines = 5;

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
        var size = Encoding.UTF8.GetByteCount(text);
        return size <= maxBytes ? text : Join(text, text, maxBytes, strategy, size);
    }

    /// <summary>How a bound is shared between the beginning and the end of a text.</summary>
    internal static (long Head, long Tail) Shares(long maxBytes, TruncationStrategy strategy) => strategy switch
    {
        TruncationStrategy.Head => (maxBytes, 0),
        TruncationStrategy.Both => (maxBytes / 2, maxBytes - (maxBytes / 2)),
        TruncationStrategy.Summary => (maxBytes / 4, maxBytes - (maxBytes / 4)),
        _ => (0, maxBytes),
    };

    /// <summary>
    /// What is kept of the beginning and the end of a text that is too long, with a line between them that says what is missing.
    /// </summary>
    /// <param name="beginning">The beginning, as much as is there of it.</param>
    /// <param name="end">The end, as much as is there of it.</param>
    /// <param name="maxBytes">Bound on what is kept.</param>
    /// <param name="strategy">What is kept.</param>
    /// <param name="total">Size of the whole text.</param>
    internal static string Join(string beginning, string end, long maxBytes, TruncationStrategy strategy, long total)
    {
        var (headBytes, tailBytes) = Shares(maxBytes, strategy);
        var head = beginning[..FitHead(beginning, headBytes)];
        head = strategy is TruncationStrategy.Summary ? FirstLines(head) : head;
        var tail = end[FitTail(end, tailBytes)..];
        var missing = Math.Max(total - Encoding.UTF8.GetByteCount(head) - Encoding.UTF8.GetByteCount(tail), 0);
        var before = head.Length > 0 && !head.EndsWith('\n') ? "\n" : "";
        return $"{head}{before}[... {missing} bytes left out ...]\n{tail}";
    }

    // Whole lines say more than one and a half; of a single line that is too long, its beginning has to do.
    private static string FirstLines(string head)
    {
        var end = -1;
        for (var lines = 0; lines < SummaryLines && head.IndexOf('\n', end + 1) is >= 0 and var next; lines++)
        {
            end = next;
        }

        return end < 0 ? head : head[..(end + 1)];
    }
}
