using System.Buffers;
using System.Text;
using System.Text.Json;
using Jint.Runtime;

namespace Periplon.Core.Conditions;

/// <summary>Takes JSON text in UTF-8 up to a size, so that a value that repeats one large text many times cannot fill the memory.</summary>
internal sealed class BoundedJson(int maxSize) : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public void Advance(int count) => _buffer.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Check(sizeHint);
        return _buffer.GetMemory(sizeHint);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Check(sizeHint);
        return _buffer.GetSpan(sizeHint);
    }

    public override string ToString() => Encoding.UTF8.GetString(_buffer.WrittenSpan);

    internal JsonElement ToElement()
    {
        using var document = JsonDocument.Parse(_buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    // Writers ask for up to three bytes for each character they are about to write.
    private void Check(int sizeHint)
    {
        if (_buffer.WrittenCount > maxSize || sizeHint / 3 > maxSize)
        {
            throw new MemoryLimitExceededException($"The JSON text is longer than {maxSize} bytes");
        }
    }
}
