using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Declared inputs and their defaults.</summary>
internal static class InputRules
{
    private static readonly string[] Types = ["string", "number", "integer", "boolean", "object", "array", "secret"];

    // For patterns that need backtracking; whoever writes the pattern is not necessarily whoever runs the server.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromMilliseconds(250);

    internal static void Check(ValidationContext context)
    {
        var workflow = context.Workflow;
        CheckInputs(context, workflow.Inputs, "inputs");
        foreach (var (id, agent) in workflow.Agents)
        {
            CheckInputs(context, agent.Inputs, $"agents.{id}.inputs");
        }

        foreach (var (id, subflow) in workflow.Subflows)
        {
            CheckInputs(context, subflow.Inputs, $"subflows.{id}.inputs");
        }
    }

    private static void CheckInputs(ValidationContext context, IReadOnlyDictionary<string, InputDefinition> inputs, string path)
    {
        foreach (var (name, input) in inputs)
        {
            CheckInput(context, $"{path}.{name}", name, input);
        }
    }

    private static void CheckInput(ValidationContext context, string path, string name, InputDefinition input)
    {
        if (!Types.Contains(input.Type, StringComparer.Ordinal))
        {
            context.Report.Warning(
                ValidationCodes.InputTypeUnknown,
                $"{path}.type",
                $"Input '{name}' has the type '{input.Type}', which does not exist; its values are not checked.",
                context.Names.Hint(input.Type, Types, Types.Length, "types"));
        }

        if (input.Min > input.Max || input.MinLength > input.MaxLength || input.MinLength < 0 || input.MaxLength < 0)
        {
            context.Report.Error(
                ValidationCodes.InputBoundsCrossed,
                path,
                $"The bounds of input '{name}' leave no value.",
                "Give 'min' and 'min_length' values up to 'max' and 'max_length', and lengths of 0 or more.");
        }

        var pattern = CompilePattern(context, path, name, input.Pattern);
        if (input.Default is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value && !HoldsReference(value))
        {
            CheckDefault(context, $"{path}.default", name, input, value, pattern);
        }
    }

    private static Regex? CompilePattern(ValidationContext context, string path, string name, string? pattern)
    {
        if (pattern is null)
        {
            return null;
        }

        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            // Look-arounds and back references: right, but only the backtracking engine knows them.
            return new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException problem)
        {
            context.Report.Error(
                ValidationCodes.InputPatternInvalid,
                $"{path}.pattern",
                $"The pattern of input '{name}' is not a regular expression: {problem.Message}",
                "Correct the expression, or put a backslash before characters that are meant as they stand.");
            return null;
        }
    }

    private static void CheckDefault(
        ValidationContext context, string path, string name, InputDefinition input, JsonElement value, Regex? pattern)
    {
        if (!HasType(value, input.Type))
        {
            // Only a warning: earlier versions loaded such files, and a number is a fair default for a text.
            context.Report.Warning(
                ValidationCodes.InputDefaultType,
                path,
                $"The default of input '{name}' is {Describe(value)}, not of type '{input.Type}'.",
                "Correct the type or the default; a text that looks like a number needs quotes.");
        }
        else if (BrokenConstraint(input, value, pattern) is { } constraint)
        {
            context.Report.Error(
                ValidationCodes.InputDefaultConstraint,
                path,
                $"The default of input '{name}' breaks its own declaration: {constraint}.",
                "Give a default that the declaration allows.");
        }
    }

    private static bool HasType(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind is JsonValueKind.String,
        "number" => value.ValueKind is JsonValueKind.Number,
        "integer" => value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsInteger(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind is JsonValueKind.Object,
        "array" => value.ValueKind is JsonValueKind.Array,
        _ => true,
    };

    private static string? BrokenConstraint(InputDefinition input, JsonElement value, Regex? pattern)
    {
        if (input.Enum.Count > 0 && !input.Enum.Any(allowed => JsonElement.DeepEquals(allowed, value)))
        {
            return "it is not in 'enum'";
        }

        if (value.ValueKind is JsonValueKind.Number)
        {
            return value.GetDouble() < input.Min ? "it is less than 'min'"
                : value.GetDouble() > input.Max ? "it is more than 'max'"
                : null;
        }

        var length = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!.EnumerateRunes().Count(),
            JsonValueKind.Array => value.GetArrayLength(),
            _ => (int?)null,
        };
        return length < input.MinLength ? "it is shorter than 'min_length'"
            : length > input.MaxLength ? "it is longer than 'max_length'"
            : value.ValueKind is JsonValueKind.String && pattern is not null && !IsMatch(pattern, value.GetString()!) ? "it does not match 'pattern'"
            : null;
    }

    private static bool IsMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            // Undecided is not a mistake of the file.
            return true;
        }
    }

    private static bool HoldsReference(JsonElement value) =>
        value.ValueKind is JsonValueKind.String && Templates.Template.Parse(value.GetString()!).References.Count > 0;

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a truth value",
        JsonValueKind.Array => "a list",
        _ => "a mapping",
    };
}
