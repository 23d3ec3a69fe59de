using System.Text;
using Acornima;
using Acornima.Ast;
using Jint;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>Parses an expression and makes variables of the references in it.</summary>
internal static class ExpressionCompiler
{
    internal static ExpressionProgram Compile(string expression, ExpressionLimits limits)
    {
        if (expression.Length > limits.MaxLength)
        {
            throw new ExpressionException(expression, $"has {expression.Length} characters; at most {limits.MaxLength} are allowed.");
        }

        var slots = new List<ExpressionSlot>();
        var text = ExpressionText.ReplaceBraces(ExpressionText.Unwrap(expression), slots);
        if (text.Length == 0)
        {
            throw new ExpressionException(expression, "is empty.");
        }

        CheckDepth(expression, text, limits);
        var names = new ExpressionNames(text, Parse(expression, text), slots, limits.MaxDepth);
        if (names.Problem is { } problem)
        {
            throw new ExpressionException(expression, problem);
        }

        var code = Rewrite(text, names, slots);
        return new ExpressionProgram(
            expression,
            Prepare(expression, code),
            slots,
            IsReference: slots.Count == 1 && code == slots[0].Variable,
            names.UsesStatusFunction);
    }

    // A bracket count before the parse: a parser goes one call deeper for each.
    private static void CheckDepth(string expression, string text, ExpressionLimits limits)
    {
        var depth = 0;
        foreach (var letter in text)
        {
            depth += letter is '(' or '[' or '{' ? 1 : letter is ')' or ']' or '}' ? -1 : 0;
            if (depth > limits.MaxDepth)
            {
                throw TooDeep(expression, limits.MaxDepth);
            }
        }
    }

    private static ExpressionException TooDeep(string expression, int maxDepth) =>
        new(expression, $"is nested deeper than {maxDepth} levels.");

    private static Expression Parse(string expression, string text)
    {
        try
        {
            return new Parser().ParseExpression(text);
        }
        catch (ParseErrorException e)
        {
            throw new ExpressionException(
                expression,
                $"is not a JavaScript expression: {e.Error.Description} at column {e.Column + 1}.{HintAtHyphen(text)}",
                e);
        }
        catch (InsufficientExecutionStackException e)
        {
            throw new ExpressionException(expression, "is nested too deep.", e);
        }
    }

    // build-app reads as a name in the end, but build-2.status is no number either, so the parser gives up.
    private static string HintAtHyphen(string text) =>
        Enumerable.Range(1, Math.Max(0, text.Length - 2))
            .Any(at => text[at] == '-' && char.IsLetter(text[at - 1]) && char.IsAsciiDigit(text[at + 1]))
            ? " A name with a hyphen before a digit is written in brackets, such as task['build-2'].status."
            : "";

    private static string Rewrite(string text, ExpressionNames names, List<ExpressionSlot> slots)
    {
        var code = new StringBuilder(text.Length + 16);
        var at = 0;
        foreach (var reference in names.References.OrderBy(reference => reference.Start))
        {
            var variable = ExpressionText.AddSlot(slots, reference.Path, ExpressionSlotKind.Bare);
            code.Append(text, at, reference.Start - at);
            code.Append(reference.ShorthandKey is { } key ? $"{key}: {variable}" : variable);
            at = reference.End;
        }

        return code.Append(text, at, text.Length - at).ToString();
    }

    private static Prepared<Script> Prepare(string expression, string code)
    {
        try
        {
            return Engine.PrepareScript($"({code}\n)", source: "expression");
        }
        catch (Exception e) when (e is ScriptPreparationException or ParseErrorException or InsufficientExecutionStackException)
        {
            throw new ExpressionException(expression, $"is not a JavaScript expression: {e.Message}", e);
        }
    }
}
