using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>A length of time in seconds: a number, or text such as <c>90s</c>, <c>1h30m</c> or <c>250ms</c>.</summary>
internal sealed class DurationShape : Shape<double>
{
    internal const string Pattern = @"^(([0-9]+\.?[0-9]*|\.[0-9]+)(ms|s|m|h|d))+$";

    // A thousand years: enough for any wait, and far from where times overflow.
    private const double Longest = 1000d * 365 * 86_400;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    internal override double Read(Cursor at)
    {
        if (at.Node is not ScalarNode { Kind: not ScalarKind.Null, Text: var text })
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a number of seconds; found {at.Found}.");
            return 0;
        }

        if (!CoreSchema.TryNumber(text, out var seconds) && !TryUnits(text, out seconds))
        {
            at.Error(DiagnosticCodes.BadDuration,
                $"{at.Name} must be a number of seconds or text such as '90s' or '1h30m'; found {at.Found}.",
                NumberHints.For(at.Node));
            return 0;
        }

        if (seconds is < 0 or > Longest)
        {
            at.Error(DiagnosticCodes.OutOfRange, $"{at.Name} must be between 0 and 1000 years, in seconds; found {at.Found}.");
        }

        return seconds;
    }

    internal static bool TryUnits(ReadOnlySpan<char> text, out double seconds)
    {
        seconds = 0;
        if (text.Length is 0 or > 64)
        {
            return false;
        }

        while (text.Length > 0)
        {
            var digits = text.IndexOfAnyExcept(Digits);
            if (digits <= 0
                || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                return false;
            }

            text = text[digits..];
            var end = text.IndexOfAnyInRange('0', '9');
            var unit = end < 0 ? text : text[..end];
            double factor = unit switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, _ => 0 };
            if (factor == 0)
            {
                return false;
            }

            seconds += amount * factor;
            text = text[unit.Length..];
        }

        return true;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions) => new()
    {
        ["type"] = new JsonArray("number", "string"),
        ["minimum"] = 0,
        ["maximum"] = Longest,
        ["pattern"] = $"{Pattern}|{SchemaForms.NumberText}",
    };

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => Describe(definitions);
}
