using System.Text;

namespace Periplon.Core.Contexts;

/// <summary>Cuts texts to a number of bytes of UTF-8.</summary>
internal static class ContextText
{
    /// <summary>The beginning of a text, never ending inside a character.</summary>
    internal static string Cut(string text, long maxBytes)
    {
        var (at, used) = (0, 0L);
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > maxBytes)
            {
                break;
            }

            at += rune.Utf16SequenceLength;
        }

        return text[..at];
    }

    /// <summary>Size in bytes of UTF-8.</summary>
    internal static int SizeOf(string text) => Encoding.UTF8.GetByteCount(text);
}
