using System.Buffers;
using System.Text.Json;

namespace Periplon.Core.Inputs;

/// <summary>Copies a JSON value and lets a caller replace the texts in it: names of members, strings and numbers.</summary>
/// <param name="name">The new name of a member.</param>
/// <param name="text">The new text of a string.</param>
/// <param name="number">The text that takes the place of a number, from the number as written; null keeps it.</param>
public sealed class JsonRewriter(Func<string, string> name, Func<string, string> text, Func<string, string?> number)
{
    /// <summary>The copy.</summary>
    /// <param name="value">The value.</param>
    public JsonElement Rewrite(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, value);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(name(member.Name));
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
                writer.WriteStringValue(text(value.GetString()!));
                break;
            case JsonValueKind.Number when number(value.GetRawText()) is { } replaced:
                writer.WriteStringValue(replaced);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
