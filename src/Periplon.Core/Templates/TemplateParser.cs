namespace Periplon.Core.Templates;

/// <summary>Cuts a text into literal pieces, references and escapes, in one pass.</summary>
internal static class TemplateParser
{
    internal static TemplatePart[] Parse(string text)
    {
        var parts = new List<TemplatePart>();
        var literalStart = 0;
        var at = 0;
        while (at < text.Length)
        {
            var isEscaped = text[at] == '\\' && TemplatePart.OpensBraces(text, at + 1);
            var braces = isEscaped ? at + 1 : at;
            var isReference = TemplatePart.TryScanBraces(text, braces, out var end, out var path, out var form);
            if (!isReference && !isEscaped)
            {
                at++;
                continue;
            }

            // An escape of braces without a reference covers the two opening characters only.
            end = isReference ? end : braces + 2;
            AddLiteral(parts, text, literalStart, at);
            parts.Add(new TemplatePart(text[at..end], isReference ? path : null, form, isEscaped));
            literalStart = at = end;
        }

        AddLiteral(parts, text, literalStart, text.Length);
        return [.. parts];
    }

    private static void AddLiteral(List<TemplatePart> parts, string text, int start, int end)
    {
        if (end > start)
        {
            parts.Add(new TemplatePart(text[start..end], null, BraceForm.Dollar, IsEscaped: false));
        }
    }
}
