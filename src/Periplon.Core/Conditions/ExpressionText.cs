using System.Text;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>
/// Turns the text of an expression into JavaScript: drops braces around the whole, makes variables of references in braces.
/// </summary>
internal static class ExpressionText
{
    /// <summary>Drops <c>${{ }}</c>, or <c>${ }</c> and <c>{{ }}</c> unless they hold nothing but a reference.</summary>
    internal static string Unwrap(string expression)
    {
        var text = expression.Trim();
        if (text.StartsWith("${{", StringComparison.Ordinal) && Closes(text, 3, "}}"))
        {
            return text[3..^2].Trim();
        }

        if (TemplatePart.TryScanBraces(text, 0, out var end, out _, out _) && end == text.Length)
        {
            return text;
        }

        if (text.StartsWith("${", StringComparison.Ordinal) && Closes(text, 2, "}"))
        {
            return text[2..^1].Trim();
        }

        return text.StartsWith("{{", StringComparison.Ordinal) && Closes(text, 2, "}}") ? text[2..^2].Trim() : text;
    }

    /// <summary>Replaces references in braces by variables; in quoted text, the text of their values is joined in.</summary>
    internal static string ReplaceBraces(string text, List<ExpressionSlot> slots)
    {
        if (!text.Contains("${", StringComparison.Ordinal) && !text.Contains("{{", StringComparison.Ordinal))
        {
            return text;
        }

        var code = new StringBuilder(text.Length + 16);
        for (var at = 0; at < text.Length;)
        {
            if (TemplatePart.TryScanBraces(text, at, out var end, out var path, out _))
            {
                code.Append(AddSlot(slots, path!, ExpressionSlotKind.Value));
            }
            else if (text[at] is '"' or '\'')
            {
                end = EndOfQuote(text, at);
                AppendQuoted(code, text[at..end], slots);
            }
            else
            {
                // Braces in a template literal are the language's own; what stands in them is a bare reference.
                end = text[at] == '`' ? EndOfQuote(text, at) : at + 1;
                code.Append(text, at, end - at);
            }

            at = end;
        }

        return code.ToString();
    }

    internal static string AddSlot(List<ExpressionSlot> slots, ReferencePath path, ExpressionSlotKind kind)
    {
        var index = slots.FindIndex(slot => slot.Kind == kind && slot.Path.Text == path.Text);
        if (index < 0)
        {
            index = slots.Count;
            slots.Add(new ExpressionSlot($"__ref{index}", path, kind));
        }

        return slots[index].Variable;
    }

    // 'a ${x} b' becomes ('a '+__ref0+' b'): the value cannot end the quote.
    private static void AppendQuoted(StringBuilder code, string quoted, List<ExpressionSlot> slots)
    {
        var quote = quoted[0];
        var parts = quoted.Length < 2 || quoted[^1] != quote ? [] : TemplateParser.Parse(quoted[1..^1]);
        if (!parts.Any(part => part.IsReference))
        {
            code.Append(quoted);
            return;
        }

        code.Append('(').Append(quote);
        foreach (var part in parts)
        {
            if (part.IsReference)
            {
                code.Append(quote).Append('+').Append(AddSlot(slots, part.Path!, ExpressionSlotKind.Text)).Append('+').Append(quote);
            }
            else
            {
                code.Append(part.Unescaped);
            }
        }

        code.Append(quote).Append(')');
    }

    private static int EndOfQuote(string text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == text[start])
            {
                return at + 1;
            }
        }

        return text.Length;
    }

    // Whether the braces opened before a position are closed by the end of the text, and not before.
    private static bool Closes(string text, int start, string close)
    {
        if (text.Length < start + close.Length || !text.EndsWith(close, StringComparison.Ordinal))
        {
            return false;
        }

        var depth = 0;
        var end = text.Length - close.Length;
        for (var at = start; at < end; at++)
        {
            switch (text[at])
            {
                case '"' or '\'' or '`':
                    at = EndOfQuote(text, at) - 1;
                    break;
                case '{':
                    depth++;
                    break;
                case '}' when --depth < 0:
                    return false;
                default:
                    break;
            }
        }

        return depth == 0;
    }
}
