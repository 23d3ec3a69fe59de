using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

/// <summary>Makes the values of declared outputs be of their declared types: what tasks bring is text at first.</summary>
public static class OutputTypes
{
    /// <summary>
    /// The value as one of the type: text is read as JSON, and everything can be text. Null, no type and a type that does not exist leave
    /// the value as it is.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="type">Name of the type, as inputs have them; null when none is declared.</param>
    /// <param name="problem">Why it cannot be of the type; null when it is.</param>
    public static JsonElement Fit(JsonElement value, string? type, out string? problem)
    {
        problem = null;
        if (type is null || value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined || InputTypes.Accepts(type, value))
        {
            return value;
        }

        if (type is InputTypes.Text or InputTypes.Secret)
        {
            return ExecutionConstants.Text(TemplateValues.ToText(value));
        }

        if (value.ValueKind is JsonValueKind.String && Read(value.GetString()!) is { } read && InputTypes.Accepts(type, read))
        {
            return read;
        }

        // The value itself may be a secret.
        problem = value.ValueKind is JsonValueKind.String
            ? $"it is a text that is no {type}; it must be of type {type}"
            : $"it is {InputTypes.DescribeKind(value)}; it must be of type {type}";
        return value;
    }

    private static JsonElement? Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
