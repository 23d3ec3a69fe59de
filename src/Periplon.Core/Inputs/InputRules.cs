using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Inputs;

/// <summary>Checks a value against its declaration.</summary>
internal static class InputRules
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(250);

    /// <summary>What is wrong with a value, each as the end of a sentence that starts with the input's name.</summary>
    internal static IEnumerable<string> Check(InputDefinition declared, JsonElement value)
    {
        if (ValueLimits.FindProblem(value) is { } unfit)
        {
            return [$"{unfit}."];
        }

        var isSecret = InputTypes.IsSecret(declared);
        if (!InputTypes.Accepts(declared.Type, value))
        {
            // Limits of a value of the wrong type would only repeat the same mistake.
            return [$"is {(isSecret ? InputTypes.DescribeKind(value) : InputTypes.Describe(value))}; it must be of type {declared.Type}."];
        }

        var found = isSecret ? "a value that is not shown" : InputTypes.Describe(value);
        string?[] problems =
        [
            CheckAllowed(declared, value, found),
            CheckPattern(declared, value, found),
            CheckRange(declared, value, found),
            CheckLength(declared, value),
        ];
        return problems.OfType<string>();
    }

    private static string? CheckAllowed(InputDefinition declared, JsonElement value, string found) =>
        declared.Enum.Count == 0 || declared.Enum.Any(allowed => JsonElement.DeepEquals(allowed, value))
            ? null
            : $"is {found}; allowed are {InputTypes.Shorten(string.Join(", ", declared.Enum.Select(allowed => allowed.GetRawText())))}.";

    private static string? CheckPattern(InputDefinition declared, JsonElement value, string found)
    {
        if (declared.Pattern is not { } pattern || value.ValueKind is not JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return CreateRegex(pattern).IsMatch(value.GetString()!) ? null : $"is {found}; it must match the pattern {pattern}.";
        }
        catch (RegexMatchTimeoutException)
        {
            return $"took longer than {PatternTimeout.TotalMilliseconds} ms to compare with the pattern {pattern}; simplify the pattern.";
        }
        catch (ArgumentException e)
        {
            return $"cannot be checked: its pattern {pattern} is not a regular expression ({e.Message}).";
        }
    }

    // Linear time where the pattern allows it; back-references and look-arounds do not, and get a time limit.
    private static Regex CreateRegex(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, PatternTimeout);
        }
    }

    private static string? CheckRange(InputDefinition declared, JsonElement value, string found)
    {
        if (value.ValueKind is not JsonValueKind.Number || (declared.Min is null && declared.Max is null))
        {
            return null;
        }

        var number = value.GetDouble();
        return number < declared.Min || number > declared.Max
            ? $"is {found}; it must be {Bounds(declared.Min, declared.Max)}."
            : null;
    }

    private static string? CheckLength(InputDefinition declared, JsonElement value)
    {
        if ((declared.MinLength is null && declared.MaxLength is null)
            || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            return null;
        }

        var isText = value.ValueKind is JsonValueKind.String;
        // Characters as people count them in code points: a letter outside the basic plane is one.
        var length = isText ? value.GetString()!.EnumerateRunes().Count() : value.GetArrayLength();
        return length < declared.MinLength || length > declared.MaxLength
            ? $"has {length} {(isText ? "characters" : "items")}; it must have {Bounds(declared.MinLength, declared.MaxLength)}."
            : null;
    }

    private static string Bounds(double? min, double? max) => (min, max) switch
    {
        ({ } least, { } most) => $"from {Write(least)} to {Write(most)}",
        ({ } least, null) => $"at least {Write(least)}",
        (_, { } most) => $"at most {Write(most)}",
        _ => "anything",
    };

    private static string Write(double number) => number.ToString(CultureInfo.InvariantCulture);
}
