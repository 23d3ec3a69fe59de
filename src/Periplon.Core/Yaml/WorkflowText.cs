using System.Diagnostics.CodeAnalysis;
using System.Text;
using Periplon.Core.Workflows;

namespace Periplon.Core.Yaml;

/// <summary>Turns the bytes of a file into text, and refuses what is none.</summary>
public static class WorkflowText
{
    private static readonly Encoding[] Marked =
    [
        // UTF-32 first: its mark begins with that of UTF-16.
        new UTF32Encoding(false, true, true), new UTF32Encoding(true, true, true),
        new UnicodeEncoding(false, true, true), new UnicodeEncoding(true, true, true), new UTF8Encoding(true, true),
    ];

    private static readonly UTF8Encoding Unmarked = new(false, true);

    /// <summary>
    /// The most bytes that <see cref="WorkflowParser.MaxLength"/> characters may take; a longer file need not be read at all.
    /// </summary>
    public const int MaxBytes = 4 * WorkflowParser.MaxLength;

    /// <summary>Decodes a file: UTF-8, or UTF-16 or UTF-32 with a byte order mark.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="text">Its text, without the mark.</param>
    /// <param name="problem">What keeps it from being text.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> content, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out Diagnostic? problem)
    {
        text = null;
        problem = null;
        var encoding = Find(content);
        var body = content[encoding.Preamble.Length..];
        try
        {
            text = encoding.GetString(body);
            return true;
        }
        catch (DecoderFallbackException malformed)
        {
            var offset = Math.Clamp(malformed.Index, 0, body.Length - 1);
            var before = body[..offset];
            var line = 1 + before.Count((byte)'\n');
            problem = new Diagnostic(DiagnosticCodes.Syntax, DiagnosticSeverity.Error,
                $"The file is not {encoding.WebName.ToUpperInvariant()}: the byte 0x{body[offset]:X2} at offset "
                    + $"{offset + encoding.Preamble.Length} belongs to no character.",
                new SourceLocation(line, offset - before.LastIndexOf((byte)'\n')), "", "Save the file as UTF-8.");
            return false;
        }
    }

    internal static SourceLocation PlaceOf(string text, int index)
    {
        var before = text.AsSpan(0, index);
        return new SourceLocation(1 + before.Count('\n'), index - before.LastIndexOf('\n'));
    }

    private static Encoding Find(ReadOnlySpan<byte> content)
    {
        foreach (var encoding in Marked)
        {
            if (content.StartsWith(encoding.Preamble))
            {
                return encoding;
            }
        }

        return Unmarked;
    }
}
