using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Api;

/// <summary>JSON text in UTF-8 that is passed on as it is; empty is written as null.</summary>
[JsonConverter(typeof(RawJsonConverter))]
internal readonly record struct RawJson(ReadOnlyMemory<byte> Utf8)
{
    public static RawJson From(string? json) => new(json is null ? default : Encoding.UTF8.GetBytes(json));
}

internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new RawJson(Encoding.UTF8.GetBytes(document.RootElement.GetRawText()));
    }

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
    {
        if (value.Utf8.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            // Our own grains and tables wrote it, and it was parsed on its way in: it need not be checked again.
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }
}
