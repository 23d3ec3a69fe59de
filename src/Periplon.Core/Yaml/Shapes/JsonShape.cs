using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>Any value, kept as JSON. Unquoted scalars are typed by the YAML 1.2 core rules.</summary>
internal sealed class JsonShape : Shape<JsonElement>
{
    internal static readonly JsonShape Any = new();

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = YamlTree.MostLevels + 1 };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    internal override bool AcceptsNull => true;

    internal override bool ReadsNull => true;

    internal override JsonElement Read(Cursor at)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            Write(writer, at);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory, Reading);
        return document.RootElement.Clone();
    }

    internal static JsonElement Number(double value) => JsonSerializer.SerializeToElement(value);

    internal override JsonObject Describe(SchemaDefinitions definitions) => [];

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => SchemaForms.AnyScalar;

    private static void Write(Utf8JsonWriter writer, Cursor at)
    {
        switch (at.Node)
        {
            case MapNode map:
                Duplicates.Warn(at, map);
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, at.Entry(entry));
                }

                writer.WriteEndObject();
                break;
            case ListNode list:
                writer.WriteStartArray();
                for (var i = 0; i < list.Items.Count; i++)
                {
                    Write(writer, at.Item(i, list.Items[i]));
                }

                writer.WriteEndArray();
                break;
            case ScalarNode scalar:
                WriteScalar(writer, scalar);
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, ScalarNode scalar)
    {
        switch (scalar.Kind)
        {
            case ScalarKind.Null:
                writer.WriteNullValue();
                break;
            case ScalarKind.Bool:
                writer.WriteBooleanValue(CoreSchema.TryBool(scalar.Text, out var truth) && truth);
                break;
            case ScalarKind.Integer or ScalarKind.Float when IsJsonNumber(scalar.Text):
                // The text itself, so that no digit is lost.
                writer.WriteRawValue(scalar.Text, skipInputValidation: true);
                break;
            case ScalarKind.Integer when CoreSchema.TryInteger(scalar.Text, out var whole):
                writer.WriteRawValue(whole.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
                break;
            case ScalarKind.Float when CoreSchema.TryNumber(scalar.Text, out var number):
                writer.WriteNumberValue(number);
                break;
            default:
                // Text, and the infinities, which JSON has no number for.
                writer.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static bool IsJsonNumber(string text)
    {
        var digits = text.AsSpan(text[0] == '-' ? 1 : 0);
        var point = digits.IndexOf('.');
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]) && !digits.ContainsAny("xob")
            && (point < 0 || (point + 1 < digits.Length && char.IsAsciiDigit(digits[point + 1])));
    }
}
