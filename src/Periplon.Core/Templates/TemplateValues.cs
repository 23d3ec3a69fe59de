using System.Text.Encodings.Web;
using System.Text.Json;

namespace Periplon.Core.Templates;

/// <summary>Values whose strings may hold references, and the text of a value.</summary>
public static class TemplateValues
{
    // The text goes into prompts, files and commands, not into HTML: letters of any language stay readable.
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Replaces the references in every string of a value, in objects and arrays at any depth, strictly. A string that is exactly one
    /// reference becomes the value itself, with its type. Names of members are left as they are.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="scope">Knows the values of references.</param>
    /// <exception cref="TemplateException">A reference is unknown, or the result would be too large or too deep.</exception>
    public static JsonElement Render(JsonElement value, ITemplateScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var rendered = value.ValueKind switch
        {
            JsonValueKind.String => Template.Parse(value.GetString()!).Evaluate(scope),
            JsonValueKind.Object or JsonValueKind.Array when ListReferences(value).Any() || HoldsEscape(value) =>
                new ValueRenderer(scope).Render(value),
            _ => value,
        };
        return ValueLimits.FindProblem(rendered) is { } problem
            ? throw new TemplateException("", $"The value {problem}, after its references are filled in.")
            : rendered;
    }

    /// <summary>The distinct references in the strings of a value, in order of appearance.</summary>
    /// <param name="value">The value.</param>
    public static IEnumerable<string> ListReferences(JsonElement value) =>
        Strings(value).SelectMany(text => Template.Parse(text).References).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// The text of a value: strings as they are, numbers and truth values as in JSON, null as nothing, arrays and objects as compact JSON.
    /// </summary>
    /// <param name="value">The value.</param>
    public static string ToText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Object or JsonValueKind.Array => JsonSerializer.Serialize(value, Compact),
        _ => "",
    };

    private static bool HoldsEscape(JsonElement value) =>
        Strings(value).Any(text => text.Contains("\\${", StringComparison.Ordinal) || text.Contains("\\{{", StringComparison.Ordinal));

    private static IEnumerable<string> Strings(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Strings(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Strings),
        _ => [],
    };
}
