namespace Periplon.Core.Templates;

/// <summary>How the braces around a reference are written.</summary>
internal enum BraceForm
{
    /// <summary><c>${…}</c></summary>
    Dollar,
    /// <summary><c>{{…}}</c></summary>
    Double,
}

/// <summary>A piece of a text: literal text, a reference, or an escape, which is a backslash before braces.</summary>
/// <param name="Raw">The piece exactly as written.</param>
/// <param name="Path">The reference; null for literal text and for an escape of braces that hold none.</param>
/// <param name="Form">How the braces are written.</param>
/// <param name="IsEscaped">Whether a backslash stands before the braces.</param>
internal readonly record struct TemplatePart(string Raw, ReferencePath? Path, BraceForm Form, bool IsEscaped)
{
    internal bool IsReference => Path is not null && !IsEscaped;

    /// <summary>
    /// Whether a script may have it replaced. A bare <c>${HOME}</c> is a variable of the shell, never ours.
    /// </summary>
    internal bool IsReplacedInScripts => Path is not null && (Form is BraceForm.Double || Path.IsQualified);

    /// <summary>The piece without its escaping backslash.</summary>
    internal string Unescaped => IsEscaped ? Raw[1..] : Raw;

    /// <summary>Reads <c>${reference}</c> or <c>{{reference}}</c> at a position; white space inside the braces is allowed.</summary>
    internal static bool TryScanBraces(string text, int start, out int end, out ReferencePath? path, out BraceForm form)
    {
        path = null;
        end = start;
        form = IsDouble(text, start) ? BraceForm.Double : BraceForm.Dollar;
        if (!OpensBraces(text, start) || !ReferencePath.TryScan(text, SkipWhiteSpace(text, start + 2), out end, out path))
        {
            return false;
        }

        end = SkipWhiteSpace(text, end);
        var close = form is BraceForm.Dollar ? "}" : "}}";
        if (string.CompareOrdinal(text, end, close, 0, close.Length) != 0)
        {
            return false;
        }

        end += close.Length;
        return true;
    }

    /// <summary>Whether <c>${</c> or <c>{{</c> stands at a position.</summary>
    internal static bool OpensBraces(string text, int at) =>
        at + 1 < text.Length && text[at] is ('$' or '{') && text[at + 1] == '{';

    private static bool IsDouble(string text, int at) => at < text.Length && text[at] == '{';

    private static int SkipWhiteSpace(string text, int at)
    {
        while (at < text.Length && text[at] is (' ' or '\t' or '\r' or '\n'))
        {
            at++;
        }

        return at;
    }
}
