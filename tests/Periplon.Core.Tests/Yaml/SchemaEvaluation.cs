using System.Text.Json;
using System.Text.RegularExpressions;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Evaluates the keywords of JSON Schema that the generated schema uses, and refuses any other.</summary>
internal sealed class SchemaEvaluation(JsonElement schema)
{
    private readonly JsonElement _definitions = schema.GetProperty("$defs");

    /// <summary>The first problem of a value; null when the schema accepts it.</summary>
    internal string? Problem(JsonElement value) => Check(schema, value, "$");

    private string? Check(JsonElement rule, JsonElement value, string path)
    {
        foreach (var keyword in rule.EnumerateObject())
        {
            if (CheckKeyword(rule, keyword.Name, keyword.Value, value, path) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private string? CheckKeyword(JsonElement rule, string keyword, JsonElement operand, JsonElement value, string path) => keyword switch
    {
        "$schema" or "$defs" or "title" or "description" or "default" or "properties" or "patternProperties" => null,
        "$ref" => Check(_definitions.GetProperty(operand.GetString()!["#/$defs/".Length..]), value, path),
        "type" => Types(operand).Any(type => IsOfType(type, value)) ? null : $"{path}: {value.ValueKind} is not {operand}",
        "const" => JsonElement.DeepEquals(operand, value) ? null : $"{path}: {value} is not {operand}",
        "enum" => operand.EnumerateArray().Any(option => JsonElement.DeepEquals(option, value)) ? null
            : $"{path}: {value} is none of {operand}",
        "anyOf" => Passing(operand, value, path, out var reasons) > 0 ? null : $"{path}: nothing fits: {reasons}",
        "oneOf" => Passing(operand, value, path, out var reasons) == 1 ? null : $"{path}: not exactly one fits: {reasons}",
        "allOf" => operand.EnumerateArray().Select(part => Check(part, value, path)).FirstOrDefault(problem => problem is not null),
        "required" => value.ValueKind is not JsonValueKind.Object ? null
            : operand.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name =>
                $"{path}: {name} is missing").FirstOrDefault(),
        "additionalProperties" => value.ValueKind is JsonValueKind.Object ? CheckProperties(rule, operand, value, path) : null,
        "items" => value.ValueKind is not JsonValueKind.Array ? null
            : value.EnumerateArray().Select((item, index) => Check(operand, item, $"{path}[{index}]")).FirstOrDefault(problem =>
                problem is not null),
        "minimum" => value.ValueKind is not JsonValueKind.Number || value.GetDouble() >= operand.GetDouble() ? null
            : $"{path}: {value} is too small",
        "maximum" => value.ValueKind is not JsonValueKind.Number || value.GetDouble() <= operand.GetDouble() ? null
            : $"{path}: {value} is too large",
        "pattern" => value.ValueKind is not JsonValueKind.String || Regex.IsMatch(value.GetString()!, operand.GetString()!) ? null
            : $"{path}: {value} does not match",
        _ => throw new NotSupportedException($"The schema uses '{keyword}'."),
    };

    private string? CheckProperties(JsonElement rule, JsonElement others, JsonElement value, string path)
    {
        foreach (var property in value.EnumerateObject())
        {
            var inner = $"{path}.{property.Name}";
            if (rule.TryGetProperty("properties", out var known) && known.TryGetProperty(property.Name, out var own))
            {
                if (Check(own, property.Value, inner) is { } problem)
                {
                    return problem;
                }
            }
            else if (rule.TryGetProperty("patternProperties", out _) && property.Name.StartsWith("x-", StringComparison.Ordinal))
            {
                continue;
            }
            else if (others.ValueKind is JsonValueKind.False)
            {
                return $"{inner}: unknown";
            }
            else if (others.ValueKind is JsonValueKind.Object && Check(others, property.Value, inner) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private int Passing(JsonElement options, JsonElement value, string path, out string reasons)
    {
        var problems = options.EnumerateArray().Select(option => Check(option, value, path)).ToList();
        reasons = string.Join("; ", problems.OfType<string>());
        return problems.Count(problem => problem is null);
    }

    private static IEnumerable<string> Types(JsonElement operand) =>
        operand.ValueKind is JsonValueKind.Array ? operand.EnumerateArray().Select(type => type.GetString()!) : [operand.GetString()!];

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "integer" => value.ValueKind is JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => string.Equals(type, value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
    };
}
