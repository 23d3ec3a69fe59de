using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Periplon.Core.Templates;

/// <summary>What every value has to keep to, wherever it comes from: inputs, outputs, state, the answers of servers.</summary>
public static class ValueLimits
{
    /// <summary>
    /// The deepest nesting of objects and arrays in a value; a number or a text has a depth of 0. What holds values, such as events and
    /// views, nests them a few levels further, and readers of JSON commonly stop at 64.
    /// </summary>
    public const int MaxDepth = 32;

    /// <summary>What is wrong with a value, as the end of a sentence that starts with its name; null when it may be used.</summary>
    /// <param name="value">The value.</param>
    public static string? FindProblem(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Undefined)
        {
            return null;
        }

        var depth = DepthOf(value);
        return depth > MaxDepth ? $"is nested {depth} levels deep; allowed are {MaxDepth}"
            : IsText(value) ? null
            : "holds a string that is no text: one half of a surrogate pair (\\ud800 to \\udfff) without the other, or bytes "
                + "that are not UTF-8";
    }

    private static int DepthOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => 1 + value.EnumerateObject().Select(member => DepthOf(member.Value)).DefaultIfEmpty().Max(),
        JsonValueKind.Array => 1 + value.EnumerateArray().Select(DepthOf).DefaultIfEmpty().Max(),
        _ => 0,
    };

    /// <summary>Whether every string in a value is text, so that the value can be read and written again.</summary>
    internal static bool IsText(JsonElement value)
    {
        // Without an escape and in valid UTF-8 every string is text, and large values need no second look.
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (Utf8.IsValid(raw) && raw.IndexOf("\\u"u8) < 0)
        {
            return true;
        }

        try
        {
            ReadStrings(value);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void ReadStrings(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    _ = member.Name;
                    ReadStrings(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    ReadStrings(item);
                }

                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            default:
                break;
        }
    }
}
