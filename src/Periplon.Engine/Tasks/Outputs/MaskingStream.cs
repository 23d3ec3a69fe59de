using System.Text;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Reads streams one after another, with the secrets in their lines masked.</summary>
internal sealed class MaskingStream(IEnumerable<Stream> parts, ITaskTexts texts, int maxLineBytes) : Stream
{
    private const int ChunkBytes = 64 * 1024;

    private readonly byte[] _chunk = new byte[ChunkBytes];
    private readonly MemoryStream _ready = new();
    private IEnumerator<byte[]>? _blocks;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        _blocks ??= Blocks().GetEnumerator();
        while (_ready.Position >= _ready.Length)
        {
            if (buffer.IsEmpty || !_blocks.MoveNext())
            {
                return 0;
            }

            _ready.SetLength(0);
            _ready.Write(_blocks.Current);
            _ready.Position = 0;
        }

        return _ready.Read(buffer);
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _blocks?.Dispose();
            _ready.Dispose();
        }

        base.Dispose(disposing);
    }

    private IEnumerable<byte[]> Blocks() => texts.HasSecrets ? MaskedBlocks() : PlainBlocks();

    // Without secrets the bytes go through as they are, so that binary output stays what it is.
    private IEnumerable<byte[]> PlainBlocks()
    {
        foreach (var part in parts)
        {
            int read;
            while ((read = part.Read(_chunk)) > 0)
            {
                yield return _chunk[..read];
            }
        }
    }

    private IEnumerable<byte[]> MaskedBlocks()
    {
        // One splitter for all parts: a line may begin in memory and end in the file.
        var sink = new MaskedLines(texts);
        var splitter = new LineSplitter(sink, maxLineBytes);
        var endsWithBreak = false;
        foreach (var part in parts)
        {
            int read;
            while ((read = part.Read(_chunk)) > 0)
            {
                endsWithBreak = _chunk[read - 1] is (byte)'\n';
                splitter.Append(_chunk.AsSpan(0, read));
                yield return sink.Drain(keepLastBreak: true);
            }
        }

        splitter.Complete();
        yield return sink.Drain(endsWithBreak);
    }

    private sealed class MaskedLines(ITaskTexts texts) : ILineSink
    {
        private readonly StringBuilder _text = new();

        public bool WantsAll => true;

        public void Take(string line, bool begins, bool ends)
        {
            _text.Append(texts.Mask(line));
            if (ends)
            {
                _text.Append('\n');
            }
        }

        public int SafeCut(string text, int cut) => texts.SafeCut(text, cut);

        internal byte[] Drain(bool keepLastBreak)
        {
            if (!keepLastBreak && _text is [.., '\n'])
            {
                _text.Length--;
            }

            var bytes = Encoding.UTF8.GetBytes(_text.ToString());
            _text.Clear();
            return bytes;
        }
    }
}
