using System.IO.Compression;
using System.Security.Cryptography;
using Periplon.Core.Executions;

namespace Periplon.Engine.Artifacts;

/// <summary>
/// Reads compressed artifacts as what was put in. They are told by the beginning of their address, <c>gzip+</c>; their size and digest in a
/// reference are those of the content, not of what is stored.
/// </summary>
internal sealed class CompressedArtifacts(IArtifactStore inner) : IArtifactStore
{
    private const string Prefix = "gzip+";

    public Task<ArtifactReference> PutAsync(Guid executionId, string name, Stream content, CancellationToken cancellationToken) =>
        inner.PutAsync(executionId, name, content, cancellationToken);

    public async Task<Stream> OpenAsync(ArtifactReference artifact, CancellationToken cancellationToken) =>
        IsCompressed(artifact)
            ? new GZipStream(
                await inner.OpenAsync(artifact with { Uri = artifact.Uri[Prefix.Length..] }, cancellationToken), CompressionMode.Decompress)
            : await inner.OpenAsync(artifact, cancellationToken);

    public Task DeleteAsync(Guid executionId, CancellationToken cancellationToken) => inner.DeleteAsync(executionId, cancellationToken);

    internal static bool IsCompressed(ArtifactReference artifact) => artifact.Uri.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Puts a content into a store, compressed if it is to be.</summary>
    internal static async Task<ArtifactReference> PutAsync(
        IArtifactStore store, Guid executionId, string name, Stream content, bool compress, CancellationToken cancellationToken)
    {
        if (!compress)
        {
            return await store.PutAsync(executionId, name, content, cancellationToken);
        }

        await using var compressed = new CompressingStream(content);
        var stored = await store.PutAsync(executionId, name, compressed, cancellationToken);
        return new ArtifactReference(Prefix + stored.Uri, compressed.Size, compressed.Digest());
    }

    /// <summary>Gives the compressed form of another stream, a block at a time, and remembers what went in.</summary>
    private sealed class CompressingStream : Stream
    {
        private const int BlockBytes = 64 * 1024;

        private readonly Stream _content;
        private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _block = new byte[BlockBytes];
        private readonly MemoryStream _ready = new();
        private readonly GZipStream _gzip;
        private bool _isEnded;

        internal CompressingStream(Stream content)
        {
            _content = content;
            _gzip = new GZipStream(_ready, CompressionLevel.Fastest, leaveOpen: true);
        }

        internal long Size { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        internal string Digest() => Convert.ToHexStringLower(_digest.GetHashAndReset());

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            while (_ready.Position >= _ready.Length && !_isEnded)
            {
                _ready.SetLength(0);
                Compress(_content.Read(_block));
                _ready.Position = 0;
            }

            return _ready.Read(buffer);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_ready.Position >= _ready.Length && !_isEnded)
            {
                var read = await _content.ReadAsync(_block, cancellationToken);
                _ready.SetLength(0);
                Compress(read);
                _ready.Position = 0;
            }

            return _ready.Read(buffer.Span);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _gzip.Dispose();
                _ready.Dispose();
                _digest.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Compress(int read)
        {
            if (read > 0)
            {
                Size += read;
                _digest.AppendData(_block, 0, read);
                _gzip.Write(_block, 0, read);
                return;
            }

            _isEnded = true;
            _gzip.Dispose();
        }
    }
}
