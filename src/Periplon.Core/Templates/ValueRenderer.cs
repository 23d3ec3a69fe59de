using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Periplon.Core.Templates;

/// <summary>Builds one value in which the references are replaced, and keeps count of its size.</summary>
internal sealed class ValueRenderer(ITemplateScope scope)
{
    private readonly ArrayBufferWriter<byte> _json = new();

    internal JsonElement Render(JsonElement value)
    {
        using (var writer = new Utf8JsonWriter(_json))
        {
            Write(writer, value);
        }

        try
        {
            using var document = JsonDocument.Parse(_json.WrittenMemory);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            // The writer writes valid JSON only; what the reader can still refuse is its depth.
            throw new TemplateException("", $"The value is nested too deep after its references are filled in: {e.Message}");
        }
    }

    private void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                WriteText(writer, value.GetString()!);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private void WriteText(Utf8JsonWriter writer, string text)
    {
        var filledIn = Template.Parse(text).Evaluate(scope);
        if (filledIn.ValueKind is JsonValueKind.Undefined)
        {
            writer.WriteNullValue();
            return;
        }

        var size = JsonMarshal.GetRawUtf8Value(filledIn).Length;
        if (writer.BytesCommitted + writer.BytesPending + size > Template.MaxRenderedLength)
        {
            throw new TemplateException(text, $"The value is larger than {Template.MaxRenderedLength} bytes after '{text}' is filled in.");
        }

        filledIn.WriteTo(writer);
    }
}
