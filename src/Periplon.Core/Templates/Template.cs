using System.Text;
using System.Text.Json;

namespace Periplon.Core.Templates;

/// <summary>
/// A text with references, parsed once. <c>${path}</c> and <c>{{path}}</c> are references when the braces hold a
/// <see cref="ReferencePath"/>; anything else between braces (<c>${VAR:-x}</c>, <c>${a + b}</c>) is plain text. A backslash before the
/// braces (<c>\${path}</c>, <c>\{{path}}</c>) escapes them: the backslash goes, the braces stay.
/// </summary>
public sealed class Template
{
    /// <summary>The longest text that rendering may produce, in characters.</summary>
    public const int MaxRenderedLength = 32 * 1024 * 1024;

    private readonly TemplatePart[] _parts;

    private Template(string text, TemplatePart[] parts)
    {
        Text = text;
        _parts = parts;
        References = ListReferences(part => part.IsReference);
        LenientReferences = ListReferences(part => part is { IsReference: true, IsReplacedInScripts: true });
    }

    /// <summary>The text as written.</summary>
    public string Text { get; }

    /// <summary>The distinct references, in order of appearance, as written but without braces and the white space inside them.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Those of <see cref="References"/> that lenient rendering may replace: all but one-part <c>${NAME}</c>.</summary>
    public IReadOnlyList<string> LenientReferences { get; }

    /// <summary>Parses a text; every text is valid.</summary>
    /// <param name="text">The text.</param>
    public static Template Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Template(text, MayHoldReference(text) ? TemplateParser.Parse(text) : []);
    }

    /// <summary>Writes a text so that strict rendering gives it back unchanged.</summary>
    /// <param name="text">Any text.</param>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!MayHoldReference(text))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 8);
        for (var at = 0; at < text.Length; at++)
        {
            if (TemplatePart.OpensBraces(text, at))
            {
                escaped.Append('\\').Append(text[at++]);
            }

            escaped.Append(text[at]);
        }

        return escaped.ToString();
    }

    /// <summary>
    /// Replaces the references. Strings go in as they are, numbers and truth values as in JSON, null as nothing, arrays and objects as
    /// compact JSON.
    /// </summary>
    /// <param name="scope">Knows the values.</param>
    /// <param name="lenient">
    /// For scripts and commands, whose own languages use braces as well: what the scope does not know stays as written, backslashes
    /// included, and a one-part <c>${NAME}</c> is never replaced, because it is a variable of the shell.
    /// </param>
    /// <exception cref="TemplateException">
    /// A reference is unknown (strict only), or the result would be longer than <see cref="MaxRenderedLength"/>.
    /// </exception>
    public string Render(ITemplateScope scope, bool lenient)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return Render(part => lenient ? RenderLeniently(part, scope) : RenderStrictly(part, scope));
    }

    /// <summary>
    /// For prompts, which are prose: renders strictly but for references that the scope does not know, which stay as written.
    /// </summary>
    /// <param name="scope">Knows the values.</param>
    /// <exception cref="TemplateException">The result would be longer than <see cref="MaxRenderedLength"/>.</exception>
    public string RenderKnown(ITemplateScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return Render(part => !part.IsReference ? part.Unescaped
            : scope.TryResolve(part.Path!.Text, out var value) ? TemplateValues.ToText(value) : part.Raw);
    }

    /// <summary>Renders strictly; a text that is exactly one reference keeps the type of its value, any other gives a string.</summary>
    /// <param name="scope">Knows the values.</param>
    /// <exception cref="TemplateException">A reference is unknown, or the result would be too long.</exception>
    public JsonElement Evaluate(ITemplateScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return _parts is [{ IsReference: true } only]
            ? Resolve(only, scope)
            : JsonSerializer.SerializeToElement(Render(scope, lenient: false));
    }

    /// <summary>The text as written.</summary>
    public override string ToString() => Text;

    private string Render(Func<TemplatePart, string> write)
    {
        if (_parts.Length == 0)
        {
            return Text;
        }

        var rendered = new StringBuilder(Text.Length);
        foreach (var part in _parts)
        {
            var piece = write(part);
            if (rendered.Length + piece.Length > MaxRenderedLength)
            {
                throw new TemplateException(
                    part.Raw, $"The text is longer than {MaxRenderedLength} characters after '{part.Raw}' is filled in.");
            }

            rendered.Append(piece);
        }

        return rendered.ToString();
    }

    private static bool MayHoldReference(string text) =>
        text.Contains("${", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal);

    private static string RenderStrictly(TemplatePart part, ITemplateScope scope) =>
        part.IsReference ? TemplateValues.ToText(Resolve(part, scope)) : part.Unescaped;

    // An escape takes effect exactly where a value would have gone in; elsewhere a backslash belongs to the script.
    private static string RenderLeniently(TemplatePart part, ITemplateScope scope)
    {
        if (!part.IsReplacedInScripts || !scope.TryResolve(part.Path!.Text, out var value))
        {
            return part.Raw;
        }

        return part.IsEscaped ? part.Unescaped : TemplateValues.ToText(value);
    }

    private static JsonElement Resolve(TemplatePart part, ITemplateScope scope) =>
        scope.TryResolve(part.Path!.Text, out var value) ? value : throw TemplateException.Unknown(part.Path.Text, part.Raw, scope);

    private string[] ListReferences(Func<TemplatePart, bool> which) =>
        _parts.Length == 0 ? [] : [.. _parts.Where(which).Select(part => part.Path!.Text).Distinct(StringComparer.Ordinal)];
}
