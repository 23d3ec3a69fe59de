using System.Globalization;
using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>Shapes of single values.</summary>
internal static class Scalars
{
    /// <summary>Any scalar, word for word: <c>version: 1.0</c> is the text <c>1.0</c>.</summary>
    internal static readonly Shape<string> Text = new TextShape();

    internal static readonly Shape<bool> Bool = new BoolShape();

    /// <summary>A count: a whole number, 0 or more.</summary>
    internal static readonly Shape<int> Count = new WholeShape(0, int.MaxValue).As(value => (int)value);

    /// <summary>A large count, such as a size in bytes.</summary>
    internal static readonly Shape<long> Size = new WholeShape(0, long.MaxValue);

    internal static readonly Shape<long> Integer = new WholeShape(long.MinValue, long.MaxValue);

    internal static readonly Shape<double> Number = new NumberShape(double.MinValue, double.MaxValue);

    internal static readonly Shape<double> Duration = new DurationShape();

    internal static Shape<int> Whole(int min, int max) => new WholeShape(min, max).As(value => (int)value);

    internal static Shape<double> Between(double min, double max) => new NumberShape(min, max);
}

internal sealed class TextShape : Shape<string>
{
    internal override bool ReadsNull => true;

    internal override string Read(Cursor at)
    {
        if (at.Node is ScalarNode scalar)
        {
            return scalar.Text;
        }

        at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be text; found {at.Found}.");
        return "";
    }

    internal override JsonObject Describe(SchemaDefinitions definitions) => SchemaForms.AnyScalar;

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => Describe(definitions);
}

internal sealed class BoolShape : Shape<bool>
{
    internal override bool Read(Cursor at)
    {
        if (at.Node is ScalarNode scalar && CoreSchema.TryBool(scalar.Text, out var value))
        {
            return value;
        }

        at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be true or false; found {at.Found}.",
            at.Node is not ScalarNode { Text: var text } ? null
            : text.ToLowerInvariant() switch
            {
                "yes" or "on" or "y" or "1" => "Write true.",
                "no" or "off" or "n" or "0" => "Write false.",
                _ when text.Contains("${", StringComparison.Ordinal) =>
                    "This field cannot hold a reference; use 'if' to choose at run time.",
                _ => null,
            });
        return false;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions) => new()
    {
        ["type"] = new JsonArray("boolean", "string"),
        ["pattern"] = "^(true|True|TRUE|false|False|FALSE)$",
    };

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => Describe(definitions);
}

/// <summary>A whole number; quoted ones count too, they cannot mean anything else here.</summary>
internal sealed class WholeShape(long min, long max) : Shape<long>
{
    internal override long Read(Cursor at)
    {
        if (at.Node is not ScalarNode scalar || !CoreSchema.TryInteger(scalar.Text, out var value))
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a whole number; found {at.Found}.", NumberHints.For(at.Node));
            return min;
        }

        if (value >= min && value <= max)
        {
            return (long)value;
        }

        var allowed = min == 0 && max >= int.MaxValue && value < 0 ? "0 or more" : $"between {min} and {max}";
        at.Error(DiagnosticCodes.OutOfRange, $"{at.Name} must be {allowed}; found {at.Found}.");
        return min;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions)
    {
        var schema = new JsonObject { ["type"] = new JsonArray("integer", "string"), ["pattern"] = SchemaForms.NumberText };
        if (min != long.MinValue)
        {
            schema["minimum"] = min;
        }

        if (max != long.MaxValue)
        {
            schema["maximum"] = max;
        }

        return schema;
    }

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => Describe(definitions);
}

internal sealed class NumberShape(double min, double max) : Shape<double>
{
    internal override double Read(Cursor at)
    {
        if (at.Node is not ScalarNode scalar || !CoreSchema.TryNumber(scalar.Text, out var value))
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a number; found {at.Found}.", NumberHints.For(at.Node));
            return 0;
        }

        if (value < min || value > max)
        {
            var allowed = max == double.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{min} or more")
                : string.Create(CultureInfo.InvariantCulture, $"between {min} and {max}");
            at.Error(DiagnosticCodes.OutOfRange, $"{at.Name} must be {allowed}; found {at.Found}.");
        }

        return value;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions)
    {
        var schema = new JsonObject { ["type"] = new JsonArray("number", "string"), ["pattern"] = SchemaForms.NumberText };
        if (min != double.MinValue)
        {
            schema["minimum"] = min;
        }

        if (max != double.MaxValue)
        {
            schema["maximum"] = max;
        }

        return schema;
    }

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => Describe(definitions);
}

internal static class NumberHints
{
    internal static string? For(Node node) =>
        node is ScalarNode { Text: var text }
            && (text.Contains("${", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal))
            ? "This field cannot hold a reference; write the number." : null;
}
