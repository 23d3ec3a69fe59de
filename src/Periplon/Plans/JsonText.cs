using System.Text.Encodings.Web;
using System.Text.Json;

namespace Periplon.Plans;

/// <summary>Values in one line, for people.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(JsonElement value, int longest = 80) => Shorten(JsonSerializer.Serialize(value, Plain), longest);

    /// <summary>Cuts what is too long, never inside a character.</summary>
    public static string Shorten(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        var end = Math.Max(1, longest - 1);
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }
}
