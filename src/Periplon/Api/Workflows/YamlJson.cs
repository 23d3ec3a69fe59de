using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Periplon.Api.Workflows;

/// <summary>Shows a YAML document as JSON, scalars by the rules of YAML 1.2.</summary>
internal static partial class YamlJson
{
    // Aliases are written out; a file of a few lines could otherwise ask for gigabytes.
    private const int MaxNodes = 200_000;
    private const int MaxDepth = 200;

    public static bool TryConvert(string yaml, [NotNullWhen(true)] out byte[]? json)
    {
        json = null;
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException)
        {
            return false;
        }

        if (stream.Documents.Count != 1)
        {
            return false;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = MaxDepth + 8 }))
        {
            var left = MaxNodes;
            if (!TryWrite(writer, stream.Documents[0].RootNode, 0, ref left))
            {
                return false;
            }
        }

        json = buffer.WrittenSpan.ToArray();
        return true;
    }

    private static bool TryWrite(Utf8JsonWriter writer, YamlNode node, int depth, ref int left)
    {
        if (--left < 0 || depth > MaxDepth)
        {
            return false;
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                writer.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    writer.WritePropertyName((key as YamlScalarNode)?.Value ?? key.ToString());
                    if (!TryWrite(writer, value, depth + 1, ref left))
                    {
                        return false;
                    }
                }

                writer.WriteEndObject();
                return true;
            case YamlSequenceNode sequence:
                writer.WriteStartArray();
                foreach (var item in sequence.Children)
                {
                    if (!TryWrite(writer, item, depth + 1, ref left))
                    {
                        return false;
                    }
                }

                writer.WriteEndArray();
                return true;
            default:
                WriteScalar(writer, (YamlScalarNode)node);
                return true;
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not ScalarStyle.Plain)
        {
            writer.WriteStringValue(text);
            return;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                writer.WriteNullValue();
                break;
            case "true" or "True" or "TRUE":
                writer.WriteBooleanValue(true);
                break;
            case "false" or "False" or "FALSE":
                writer.WriteBooleanValue(false);
                break;
            case var _ when Number().IsMatch(text):
                WriteNumber(writer, text);
                break;
            default:
                writer.WriteStringValue(text);
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            writer.WriteNumberValue(whole);
        }
        else if (double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Number();
}
