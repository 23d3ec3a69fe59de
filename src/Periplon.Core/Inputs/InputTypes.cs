using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Inputs;

/// <summary>The names of input types, and which values they take.</summary>
public static class InputTypes
{
    /// <summary>Text.</summary>
    public const string Text = "string";
    /// <summary>Any number.</summary>
    public const string Number = "number";
    /// <summary>A whole number, however it is written (<c>5</c>, <c>5.0</c>, <c>5e0</c>).</summary>
    public const string Integer = "integer";
    /// <summary><c>true</c> or <c>false</c>.</summary>
    public const string Boolean = "boolean";
    /// <summary>A map.</summary>
    public const string Map = "object";
    /// <summary>A list.</summary>
    public const string List = "array";
    /// <summary>Text that is masked wherever text leaves the engine.</summary>
    public const string Secret = "secret";

    /// <summary>The names, in the order messages list them.</summary>
    public static IReadOnlyList<string> All { get; } = [Text, Number, Integer, Boolean, Map, List, Secret];

    /// <summary>Whether a value is of a type. A type name outside <see cref="All"/> takes every value.</summary>
    /// <param name="type">Name of the type.</param>
    /// <param name="value">The value.</param>
    public static bool Accepts(string type, JsonElement value) => type switch
    {
        Text or Secret => value.ValueKind is JsonValueKind.String,
        Number => value.ValueKind is JsonValueKind.Number,
        Integer => value.ValueKind is JsonValueKind.Number && IsWhole(value),
        Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        Map => value.ValueKind is JsonValueKind.Object,
        List => value.ValueKind is JsonValueKind.Array,
        _ => true,
    };

    /// <summary>Whether the values of an input are masked wherever text leaves the engine: by its type, or because it says so.</summary>
    /// <param name="declared">The input.</param>
    public static bool IsSecret(InputDefinition declared)
    {
        ArgumentNullException.ThrowIfNull(declared);
        return declared.Secret || declared.Type == Secret;
    }

    /// <summary>What a value is, for messages: <c>the string "5"</c>, <c>the number 5</c>, <c>an array of 3 items</c>.</summary>
    internal static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"the string \"{Shorten(value.GetString()!)}\"",
        JsonValueKind.Number => $"the number {Shorten(value.GetRawText())}",
        JsonValueKind.True => "the boolean true",
        JsonValueKind.False => "the boolean false",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"an array of {value.GetArrayLength()} items",
        _ => "null",
    };

    /// <summary>What a value is without saying which: for secrets.</summary>
    internal static string DescribeKind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => "null",
    };

    internal static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";

    // Whole numbers beyond 64 bits are whole all the same; a double of that size has no fraction left.
    private static bool IsWhole(JsonElement value) =>
        value.TryGetInt64(out _) || (value.TryGetDouble(out var number) && double.IsInteger(number));
}
