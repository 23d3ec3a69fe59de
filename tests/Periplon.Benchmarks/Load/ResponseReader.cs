using System.Buffers.Text;
using System.Text;

namespace Periplon.Benchmarks.Load;

/// <summary>
/// Reads one answer of HTTP/1.1 after the other out of a buffer that stays: status, the length or the chunks, and nothing else. An answer
/// allocates nothing unless it is larger than all before it.
/// </summary>
internal sealed class ResponseReader
{
    private byte[] _buffer;
    private int _filled;
    private int _unread;
    private int _bodyAt;
    private int _bodyEnd;
    private int _left;
    private Stage _stage;

    public ResponseReader(int bufferSize = 16 * 1024) => _buffer = new byte[bufferSize];

    private enum Stage
    {
        Head,
        Body,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailer,
        Complete,
    }

    /// <summary>Where the next bytes of the answer go.</summary>
    public Memory<byte> Free
    {
        get
        {
            if (_filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            return _buffer.AsMemory(_filled);
        }
    }

    public int Status { get; private set; }

    /// <summary>The body without its chunks' sizes; whole once <see cref="Advance"/> has said so.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyAt, _bodyEnd - _bodyAt);

    /// <summary>Begins the next answer.</summary>
    public void Reset() => (_filled, _unread, _bodyAt, _bodyEnd, _left, Status, _stage) = (0, 0, 0, 0, 0, 0, Stage.Head);

    /// <summary>Takes note of bytes that were written to <see cref="Free"/>; true when the answer is complete.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an answer, or are more than one.</exception>
    public bool Advance(int received)
    {
        _filled += received;
        while (Step())
        {
        }

        if (_stage is Stage.Complete && _unread < _filled)
        {
            throw new InvalidDataException($"{_filled - _unread} bytes follow an answer that is complete");
        }

        return _stage is Stage.Complete;
    }

    // False when more bytes are needed, or none are.
    private bool Step() => _stage switch
    {
        Stage.Head => ReadHead(),
        Stage.Body => Take(Stage.Complete),
        Stage.ChunkData => Take(Stage.ChunkEnd),
        Stage.Complete => false,
        _ => ReadChunkLine(),
    };

    private bool ReadHead()
    {
        var bytes = _buffer.AsSpan(0, _filled);
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var head = bytes[..end];
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..], out int status, out _))
        {
            throw new InvalidDataException($"'{Encoding.Latin1.GetString(head)}' is not the head of an HTTP/1.1 answer");
        }

        (Status, _bodyAt, _bodyEnd, _unread) = (status, end + 4, end + 4, end + 4);
        if (Find(head, "transfer-encoding:"u8) is { Length: > 0 } coding && Ascii.EqualsIgnoreCase(coding, "chunked"u8))
        {
            _stage = Stage.ChunkSize;
        }
        else if (Utf8Parser.TryParse(Find(head, "content-length:"u8), out int length, out _) && length >= 0)
        {
            (_left, _stage) = (length, Stage.Body);
        }
        else
        {
            _stage = status is 204 or 304
                ? Stage.Complete
                : throw new InvalidDataException($"'{Encoding.Latin1.GetString(head)}' names neither a length nor chunks");
        }

        return true;
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        for (var at = head.IndexOf("\r\n"u8); at >= 0;)
        {
            head = head[(at + 2)..];
            at = head.IndexOf("\r\n"u8);
            var line = at < 0 ? head : head[..at];
            if (line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                return line[name.Length..].Trim((byte)' ');
            }
        }

        return [];
    }

    // The parts of a chunked body are moved together.
    private bool Take(Stage next)
    {
        var taken = Math.Min(_left, _filled - _unread);
        if (_unread != _bodyEnd)
        {
            _buffer.AsSpan(_unread, taken).CopyTo(_buffer.AsSpan(_bodyEnd));
        }

        (_unread, _bodyEnd, _left) = (_unread + taken, _bodyEnd + taken, _left - taken);
        if (_left > 0)
        {
            return false;
        }

        _stage = next;
        return true;
    }

    private bool ReadChunkLine()
    {
        var bytes = _buffer.AsSpan(_unread, _filled - _unread);
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var line = bytes[..end];
        _unread += end + 2;
        if (_stage is Stage.ChunkSize)
        {
            if (!Utf8Parser.TryParse(line, out int size, out var digits, 'x') || (digits < line.Length && line[digits] is not (byte)';'))
            {
                throw new InvalidDataException($"'{Encoding.Latin1.GetString(line)}' is not the size of a chunk");
            }

            (_left, _stage) = (size, size > 0 ? Stage.ChunkData : Stage.Trailer);
        }
        else if (_stage is Stage.Trailer)
        {
            _stage = line.IsEmpty ? Stage.Complete : Stage.Trailer;
        }
        else
        {
            _stage = line.IsEmpty
                ? Stage.ChunkSize
                : throw new InvalidDataException($"'{Encoding.Latin1.GetString(line)}' stands where a chunk should end");
        }

        return true;
    }
}
