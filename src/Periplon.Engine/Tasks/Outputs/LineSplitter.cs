using System.Buffers;
using System.Text;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Receives lines of a stream.</summary>
internal interface ILineSink
{
    /// <summary>
    /// False once ordinary lines are no longer wanted; then only lines that begin with a colon come, which may be commands.
    /// </summary>
    bool WantsAll { get; }

    /// <summary>Takes a line, or a piece of one that is too long, without its line feed.</summary>
    /// <param name="line">The text.</param>
    /// <param name="begins">Whether the line begins here.</param>
    /// <param name="ends">Whether the line ends here.</param>
    void Take(string line, bool begins, bool ends);

    /// <summary>Where a text that has to be cut at a place may be cut at the latest.</summary>
    int SafeCut(string text, int cut);
}

/// <summary>Cuts bytes into lines. A line beyond the limit comes in pieces, none of which ends inside a character.</summary>
internal sealed class LineSplitter(ILineSink sink, int maxLineBytes)
{
    // Seen beyond the limit before a long line is cut, so that what must not be torn apart is seen whole.
    private const int LookAhead = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _partial = new();
    private bool _inPieces;
    private bool _skipping;
    private bool _insideSkipped;

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skipping && _partial.WrittenCount is 0 && (_insideSkipped || bytes[0] is not (byte)':'))
            {
                bytes = Skip(bytes);
                continue;
            }

            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                AppendPartial(bytes);
                return;
            }

            EndLine(bytes[..end]);
            bytes = bytes[(end + 1)..];
            _skipping = !sink.WantsAll;
        }
    }

    /// <summary>Ends the stream: what came after the last break is a line too.</summary>
    internal void Complete()
    {
        if (_partial.WrittenCount > 0)
        {
            EndLine([]);
        }
    }

    // Goes to the next line that begins with a colon: a flood of unwanted lines costs no more than a vectorised search.
    private ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes)
    {
        var next = bytes.IndexOf("\n:"u8);
        _insideSkipped = next < 0 && bytes[^1] is not (byte)'\n';
        return next < 0 ? [] : bytes[(next + 1)..];
    }

    private void AppendPartial(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = maxLineBytes + LookAhead - _partial.WrittenCount;
            var part = bytes[..Math.Min(room, bytes.Length)];
            _partial.Write(part);
            bytes = bytes[part.Length..];
            if (_partial.WrittenCount >= maxLineBytes + LookAhead)
            {
                EmitPiece();
                if (!sink.WantsAll)
                {
                    (_skipping, _insideSkipped, _inPieces) = (true, true, false);
                    _partial.ResetWrittenCount();
                    return;
                }
            }
        }
    }

    private void EndLine(ReadOnlySpan<byte> rest)
    {
        AppendPartial(rest);
        while (_partial.WrittenCount > maxLineBytes)
        {
            EmitPiece();
        }

        sink.Take(Utf8Text.Decode(_partial.WrittenSpan), begins: !_inPieces, ends: true);
        _partial.ResetWrittenCount();
        _inPieces = false;
    }

    private void EmitPiece()
    {
        var written = _partial.WrittenSpan;
        var complete = written[..^IncompleteTail(written)];
        var text = Utf8Text.Decode(complete);
        var cut = Math.Max(1, sink.SafeCut(text, Utf8Text.FitHead(text, maxLineBytes)));
        var rest = (byte[])[.. Encoding.UTF8.GetBytes(text[cut..]), .. written[complete.Length..]];
        _partial.ResetWrittenCount();
        _partial.Write(rest);
        sink.Take(text[..cut], begins: !_inPieces, ends: false);
        _inPieces = true;
    }

    // Bytes at the end that begin a character whose rest has not come yet.
    private static int IncompleteTail(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var value = bytes[^back];
            if ((value & 0xC0) is not 0x80)
            {
                var length = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : value >= 0xC0 ? 2 : 1;
                return length > back ? back : 0;
            }
        }

        return 0;
    }
}
