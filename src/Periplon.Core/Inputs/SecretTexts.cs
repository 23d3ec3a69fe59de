using System.Buffers;
using System.Text.Json;

namespace Periplon.Core.Inputs;

/// <summary>Masks the values of secret inputs inside other values, as they are and inside longer texts.</summary>
internal sealed class SecretTexts
{
    // Shorter ones occur everywhere: they are masked where they are a whole value only.
    private const int MinLengthInside = 4;

    private readonly string[] _texts;

    private SecretTexts(string[] texts) => _texts = texts;

    /// <summary>The texts of the secret ones among some inputs; null when there is nothing to mask.</summary>
    public static SecretTexts? Of(IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<string>? secret)
    {
        // The longest first: of two that begin at the same place, the longer one hides more.
        string[] texts =
        [
            .. (secret ?? []).Where(inputs.ContainsKey).SelectMany(name => SecretInputs.TextsOf(inputs[name]))
                .Where(text => text.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(text => text.Length),
        ];
        return texts.Length is 0 ? null : new SecretTexts(texts);
    }

    public JsonElement Mask(JsonElement value)
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
                    writer.WritePropertyName(MaskInside(member.Name));
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
                var text = value.GetString()!;
                writer.WriteStringValue(_texts.Contains(text) ? SecretInputs.Mark : MaskInside(text));
                break;
            case JsonValueKind.Number when value.GetRawText() is { Length: >= MinLengthInside } number && _texts.Contains(number):
                writer.WriteStringValue(SecretInputs.Mark);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private string MaskInside(string text) => _texts.Where(secret => secret.Length >= MinLengthInside)
        .Aggregate(text, (masked, secret) => masked.Replace(secret, SecretInputs.Mark, StringComparison.Ordinal));
}
