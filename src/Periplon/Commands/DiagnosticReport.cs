using System.Text.Json.Nodes;
using Periplon.Core.Yaml;
using Spectre.Console;

namespace Periplon.Commands;

/// <summary>Prints diagnostics as compilers do: place, severity, code, message, the line with the place underlined, a hint.</summary>
internal static class DiagnosticReport
{
    private const int LongestExcerpt = 140;
    private const int MarginWidth = 8;

    private static readonly Style Margin = new(Color.Grey);

    /// <summary>Prints what is at least this severe.</summary>
    public static void Write(CommandShell shell, WorkflowSource source, DiagnosticSeverity least)
    {
        var lines = source.Text.ReplaceLineEndings("\n").Split('\n');
        var console = shell.Console();
        foreach (var diagnostic in Ordered(source.Checked.Diagnostics).Where(each => each.Severity >= least))
        {
            var file = diagnostic.File ?? source.File;
            var place = diagnostic.Line > 0 ? $"{file}:{diagnostic.Line}:{diagnostic.Column}" : file;
            console.Write(new Paragraph()
                .Append($"{place}: ", new Style(decoration: Decoration.Bold))
                .Append($"{Word(diagnostic.Severity)} {diagnostic.Code}", StyleOf(diagnostic.Severity))
                .Append($": {CellText.Printable(diagnostic.Message)}\n"));
            if (diagnostic.File is null && diagnostic.Line > 0 && diagnostic.Line <= lines.Length && !string.IsNullOrWhiteSpace(lines[diagnostic.Line - 1]))
            {
                WriteExcerpt(console, lines[diagnostic.Line - 1], diagnostic);
            }

            if (diagnostic.Hint is { Length: > 0 } hint)
            {
                console.Write(new Paragraph().Append("  hint: ", new Style(Color.Aqua)).Append(CellText.Printable(hint) + "\n"));
            }
        }
    }

    public static JsonArray ToJson(IReadOnlyList<Diagnostic> diagnostics) => new([.. Ordered(diagnostics).Select(each => (JsonNode)ToJson(each))]);

    private static JsonObject ToJson(Diagnostic each)
    {
        var json = new JsonObject
        {
            ["code"] = each.Code,
            ["severity"] = Word(each.Severity),
            ["message"] = each.Message,
            ["line"] = each.Line,
            ["column"] = each.Column,
            ["path"] = each.Path,
            ["hint"] = each.Hint,
        };
        if (each.File is not null)
        {
            json["file"] = each.File;
        }

        return json;
    }

    private static void WriteExcerpt(IAnsiConsole console, string line, Diagnostic diagnostic)
    {
        var start = Math.Clamp(diagnostic.Column - 1, 0, line.Length);
        var room = Math.Clamp(console.Profile.Width - MarginWidth, 20, LongestExcerpt);
        var (text, before, marked) = CellText.Excerpt(line, start, EndOfToken(line, start), room);
        console.Write(new Paragraph()
            .Append($"{diagnostic.Line,5} | ", Margin)
            .Append(text + "\n")
            .Append("      | ", Margin)
            .Append(new string(' ', before) + "^" + new string('~', marked - 1) + "\n", StyleOf(diagnostic.Severity)));
    }

    /// <summary>Where the word, the quoted text or the sign that begins at a place ends.</summary>
    private static int EndOfToken(string line, int start)
    {
        if (start >= line.Length)
        {
            return start;
        }

        if (line[start] is '"' or '\'')
        {
            var close = line.IndexOf(line[start], start + 1);
            return close < 0 ? line.TrimEnd().Length : close + 1;
        }

        var end = start;
        while (end < line.Length && !char.IsWhiteSpace(line[end]) && line[end] is not (',' or ']' or '}' or '[' or '{')
            && !(line[end] is ':' && (end + 1 == line.Length || char.IsWhiteSpace(line[end + 1]))))
        {
            // A reference is one word, whatever is in its braces.
            end = line[end] is '$' && end + 1 < line.Length && line[end + 1] is '{' && line.IndexOf('}', end) is var brace and > 0
                ? brace + 1
                : end + 1;
        }

        return Math.Max(end, start + 1);
    }

    private static IOrderedEnumerable<Diagnostic> Ordered(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.OrderBy(each => each.File, StringComparer.Ordinal).ThenBy(each => each.Line).ThenBy(each => each.Column).ThenBy(each => each.Code, StringComparer.Ordinal);

    private static string Word(DiagnosticSeverity severity) => severity.ToString().ToLowerInvariant();

    private static Style StyleOf(DiagnosticSeverity severity) => severity switch
    {
        DiagnosticSeverity.Error => new Style(Color.Red),
        DiagnosticSeverity.Warning => new Style(Color.Yellow),
        _ => new Style(Color.Grey),
    };
}
