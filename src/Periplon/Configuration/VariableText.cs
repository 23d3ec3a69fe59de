using System.Text;

namespace Periplon.Configuration;

/// <summary>Fills <c>${VAR}</c> and <c>${VAR:-default}</c> into strings of the file; <c>$${</c> stands for the text <c>${</c>.</summary>
internal static class VariableText
{
    /// <summary>The filled text; each missing variable and each malformed reference is reported.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> variables, Action<string> report)
    {
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return text;
        }

        var filled = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf("${", at, StringComparison.Ordinal);
            if (open < 0)
            {
                filled.Append(text, at, text.Length - at);
                break;
            }

            if (open > at && text[open - 1] == '$')
            {
                filled.Append(text, at, open - 1 - at).Append("${");
                at = open + 2;
                continue;
            }

            filled.Append(text, at, open - at);
            var close = text.IndexOf('}', open);
            if (close < 0)
            {
                report("'${' without '}'; write '$${' for the text '${'");
                break;
            }

            filled.Append(Value(text[(open + 2)..close], variables, report));
            at = close + 1;
        }

        return filled.ToString();
    }

    private static string Value(string reference, IReadOnlyDictionary<string, string> variables, Action<string> report)
    {
        var cut = reference.IndexOf(":-", StringComparison.Ordinal);
        var name = cut < 0 ? reference : reference[..cut];
        if (name.Length == 0 || !name.All(each => char.IsAsciiLetterOrDigit(each) || each == '_'))
        {
            report($"'${{{reference}}}' is no reference to a variable; allowed are ${{NAME}} and ${{NAME:-default}}");
            return "";
        }

        // As in shells, ':-' also replaces an empty variable.
        var found = variables.TryGetValue(name, out var value);
        if (cut >= 0)
        {
            return string.IsNullOrEmpty(value) ? reference[(cut + 2)..] : value;
        }

        if (!found)
        {
            report($"the environment variable {name} is not set; set it, or write ${{{name}:-default}}");
        }

        return value ?? "";
    }
}
