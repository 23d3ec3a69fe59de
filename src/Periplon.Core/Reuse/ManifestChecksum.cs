using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Reuse;

/// <summary>
/// Checksum of what a manifest says: of its content as JSON with ordered keys, so that the order of keys, comments, white space and quotes
/// that change nothing do not change it either.
/// </summary>
public static class ManifestChecksum
{
    private const string Prefix = "sha256:";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>The checksum of a manifest's text: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    /// <param name="text">The text, YAML or JSON.</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.StartsWith('\ufeff') ? text[1..] : text;
        var reading = new Reading(text.Length);
        if ((JsonTree.TryRead(text) ?? YamlTree.Read(text, reading)) is not { } root)
        {
            throw new FormatException("The text is neither YAML nor JSON.");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            WriteOrdered(writer, JsonShape.Any.Read(Cursor.Root(root, reading)));
        }

        return Prefix + Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    internal static bool IsOne(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal)
        && text.Length == Prefix.Length + 64
        && text.AsSpan(Prefix.Length).IndexOfAnyExcept(Digits) < 0;

    private static void WriteOrdered(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteOrdered(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    WriteOrdered(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
