using System.Buffers;
using System.Globalization;

namespace Periplon.Core.Yaml.Syntax;

/// <summary>Type of a scalar.</summary>
internal enum ScalarKind
{
    Null,
    Bool,
    Integer,
    Float,
    Text,
}

/// <summary>The types of unquoted scalars: YAML 1.2 core, except that a number with leading zeros is text (reference §1.4).</summary>
internal static class CoreSchema
{
    // Nobody writes a longer number; a longer text need not be looked at.
    private const int LongestNumber = 400;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    internal static ScalarKind KindOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Bool,
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN" =>
            ScalarKind.Float,
        { Length: > LongestNumber } => ScalarKind.Text,
        _ when IsInteger(text) => ScalarKind.Integer,
        _ when IsFloat(text) => ScalarKind.Float,
        _ => ScalarKind.Text,
    };

    internal static bool TryBool(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE";
        return value || text is "false" or "False" or "FALSE";
    }

    /// <summary>The value of a whole number; also of one written as <c>3.0</c>.</summary>
    internal static bool TryInteger(string text, out Int128 value)
    {
        value = 0;
        if (text.Length > LongestNumber)
        {
            return false;
        }

        if (IsInteger(text))
        {
            // Beyond 128 bits only "too large" matters, so the bound itself stands for the value.
            value = TryDigits(text, out var found) ? found : text[0] == '-' ? Int128.MinValue : Int128.MaxValue;
            return true;
        }

        if (IsFloat(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && Math.Abs(number) < 1e18 && Math.Floor(number) == number)
        {
            value = (Int128)number;
            return true;
        }

        return false;
    }

    /// <summary>The value of any finite number.</summary>
    internal static bool TryNumber(string text, out double value)
    {
        value = 0;
        if (text.Length > LongestNumber)
        {
            return false;
        }

        if (IsInteger(text) && TryDigits(text, out var whole))
        {
            value = (double)whole;
            return true;
        }

        return (IsInteger(text) || IsFloat(text))
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static bool TryDigits(string text, out Int128 value)
    {
        var digits = text.AsSpan().TrimStart("+-");
        var negative = text[0] == '-';
        var parsed = digits switch
        {
            ['0', 'x', .. var hex] => Int128.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value),
            ['0', 'b', .. var binary] =>
                Int128.TryParse(binary, NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out value),
            ['0', 'o', .. var octal] => TryOctal(octal, out value),
            _ => Int128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value),
        };
        value = negative ? -value : value;
        return parsed;
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out Int128 value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            value = (value * 8) + (digit - '0');
        }

        return digits.Length <= 40;
    }

    private static bool IsInteger(string text)
    {
        var digits = text.AsSpan(text is ['-' or '+', ..] ? 1 : 0);
        return digits switch
        {
            [] => false,
            ['0'] => true,
            ['0', 'x', .. { Length: > 0 } hex] => !hex.ContainsAnyExcept(HexDigits),
            ['0', 'o', .. { Length: > 0 } octal] => !octal.ContainsAnyExceptInRange('0', '7'),
            ['0', 'b', .. { Length: > 0 } binary] => !binary.ContainsAnyExceptInRange('0', '1'),
            ['0', ..] => false,
            _ => !digits.ContainsAnyExceptInRange('0', '9'),
        };
    }

    private static bool IsFloat(string text)
    {
        var rest = text.AsSpan(text is ['-' or '+', ..] ? 1 : 0);
        var whole = CountDigits(rest);
        var leadingZero = whole > 1 && rest[0] == '0';
        rest = rest[whole..];
        var fraction = 0;
        var point = rest is ['.', ..];
        if (point)
        {
            fraction = CountDigits(rest[1..]);
            rest = rest[(fraction + 1)..];
        }

        if (whole + fraction == 0 || leadingZero)
        {
            return false;
        }

        if (rest is ['e' or 'E', ..])
        {
            rest = rest[1..];
            rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
            return rest.Length > 0 && CountDigits(rest) == rest.Length;
        }

        return point && rest.Length == 0;
    }

    private static int CountDigits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}
