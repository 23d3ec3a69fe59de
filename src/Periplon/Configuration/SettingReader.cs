using System.Globalization;
using System.Text.Json;
using Periplon.Core.Names;

namespace Periplon.Configuration;

/// <summary>Turns JSON values and texts into the value of a setting, or into a message about what is wrong.</summary>
internal static class SettingReader
{
    /// <summary>Reads a value of the file.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="element">The value found.</param>
    /// <param name="fill">Fills variables into a string.</param>
    /// <param name="value">The value read.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Read(SettingNode setting, JsonElement element, Func<string, string> fill, out object? value)
    {
        value = null;
        switch (element.ValueKind)
        {
            case JsonValueKind.Null:
                return setting.AllowsNull ? null : Mismatch(setting, "null");
            case JsonValueKind.String:
                var written = element.GetString()!;
                var text = fill(written);
                // A variable can only hold text, so a text that came from one may stand for a number or a bool.
                return setting.Type == typeof(string) || written != text ? Read(setting, text, out value) : Mismatch(setting, Quote(text));
            case JsonValueKind.True or JsonValueKind.False when setting.Type == typeof(bool):
                value = element.GetBoolean();
                return null;
            case JsonValueKind.Number when setting.Type != typeof(string) && setting.Type != typeof(bool) && !setting.IsList:
                return Read(setting, element.GetRawText(), out value);
            case JsonValueKind.Array when setting.IsList:
                return ReadList(setting, element, fill, out value);
            default:
                return Mismatch(setting, element.ValueKind switch
                {
                    JsonValueKind.Object => "an object",
                    JsonValueKind.Array => "a list",
                    _ => element.GetRawText(),
                });
        }
    }

    /// <summary>Reads the text of a variable or an option.</summary>
    public static string? Read(SettingNode setting, string text, out object? value)
    {
        value = null;
        if (setting.IsList)
        {
            value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return null;
        }

        if (setting.Type == typeof(string))
        {
            value = text.Length == 0 && setting.AllowsNull ? null : text;
            return value is null || setting.Words is not { } words ? Blank(setting, text)
                : words.Contains(text, StringComparer.Ordinal) ? null
                : Mismatch(setting, Quote(text)) + Suggestion(text, words);
        }

        if (setting.AllowsNull && text.Length == 0)
        {
            return null;
        }

        value = setting.Type switch
        {
            var type when type == typeof(bool) => bool.TryParse(text, out var flag) ? flag : null,
            var type when type == typeof(double) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : null,
            var type when type == typeof(long) =>
                long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            _ => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? (object)number : null,
        };
        var fits = value is not null && (setting.Between is not { } range ||
            (Convert.ToDouble(value, CultureInfo.InvariantCulture) is var size && size >= range.Min && size <= range.Max));
        return fits
            ? null
            : Mismatch(setting, double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? text : Quote(text));
    }

    private static string? ReadList(SettingNode setting, JsonElement element, Func<string, string> fill, out object? value)
    {
        value = null;
        var items = new List<string>();
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                return Mismatch(setting, $"a list with {item.GetRawText()} at index {items.Count}");
            }

            items.Add(fill(item.GetString()!));
        }

        value = items.ToArray();
        return null;
    }

    private static string? Blank(SettingNode setting, string text) =>
        !setting.AllowsNull && string.IsNullOrWhiteSpace(text) ? Mismatch(setting, "an empty string") : null;

    private static string Mismatch(SettingNode setting, string found) =>
        $"expected {setting.Allowed}, found {(setting.IsSecret ? "something else" : found)}";

    private static string Suggestion(string text, IEnumerable<string> words) =>
        NearestName.Find(text, words) is { } nearest ? $"; did you mean \"{nearest}\"?" : "";

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
