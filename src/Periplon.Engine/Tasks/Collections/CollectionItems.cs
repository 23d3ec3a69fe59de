using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Periplon.Core.Templates;

namespace Periplon.Engine.Tasks.Collections;

/// <summary>Gathers the items of a loop, and refuses the first one that is too many.</summary>
internal sealed class CollectionItems : IDisposable
{
    /// <summary>Most items of a loop: each becomes an iteration, which the journal remembers.</summary>
    internal const int MaxItems = 100_000;

    /// <summary>Most bytes of all items together, as JSON: they are one entry of the journal.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly Utf8JsonWriter _writer;

    internal CollectionItems()
    {
        _writer = new Utf8JsonWriter(_json, Compact);
        _writer.WriteStartArray();
    }

    internal int Count { get; private set; }

    internal void Add(string text)
    {
        Refuse(text.Length);
        _writer.WriteStringValue(text);
    }

    internal void Add(IReadOnlyList<string> texts)
    {
        Refuse(texts.Sum(text => (long)text.Length));
        _writer.WriteStartArray();
        foreach (var text in texts)
        {
            _writer.WriteStringValue(text);
        }

        _writer.WriteEndArray();
    }

    internal void Add(JsonElement value, string what)
    {
        if (ValueLimits.FindProblem(value) is { } problem)
        {
            throw new CollectionException($"{what} {problem}");
        }

        Refuse(0);
        value.WriteTo(_writer);
    }

    /// <summary>All of them, an array.</summary>
    internal JsonElement ToArray()
    {
        _writer.WriteEndArray();
        _writer.Flush();
        Refuse(0, more: 0);
        using var document = JsonDocument.Parse(_json.WrittenMemory);
        return document.RootElement.Clone();
    }

    public void Dispose() => _writer.Dispose();

    private void Refuse(long length, int more = 1)
    {
        Count += more;
        if (Count > MaxItems)
        {
            throw new CollectionException($"there are more than {MaxItems} items, which is the most of a loop; split the work into parts");
        }

        if (_writer.BytesCommitted + _writer.BytesPending + length > MaxBytes)
        {
            throw new CollectionException(
                $"the items take more than {MaxBytes} bytes as JSON, which is the most of a loop; "
                + "give it names or ids instead of contents");
        }
    }
}
