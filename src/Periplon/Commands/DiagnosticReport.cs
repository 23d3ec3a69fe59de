using System.Text.Json.Nodes;
using Periplon.Core.Yaml;
using Spectre.Console;

namespace Periplon.Commands;

/// <summary>Prints diagnostics as compilers do: place, severity, code, message, the line with a caret, a hint.</summary>
internal static class DiagnosticReport
{
    private const int LongestExcerpt = 160;

    /// <summary>Prints what is at least this severe.</summary>
    public static void Write(CommandShell shell, WorkflowSource source, DiagnosticSeverity least)
    {
        var lines = source.Text.ReplaceLineEndings("\n").Split('\n');
        var console = shell.Console();
        foreach (var diagnostic in Ordered(source.Checked.Diagnostics).Where(each => each.Severity >= least))
        {
            var word = Word(diagnostic.Severity);
            var file = diagnostic.File ?? source.File;
            var place = diagnostic.Line > 0 ? $"{file}:{diagnostic.Line}:{diagnostic.Column}" : file;
            console.Write(new Paragraph()
                .Append($"{place}: ", new Style(decoration: Decoration.Bold))
                .Append($"{word} {diagnostic.Code}", StyleOf(diagnostic.Severity))
                .Append($": {diagnostic.Message}\n"));
            if (diagnostic.File is null && diagnostic.Line > 0 && diagnostic.Line <= lines.Length && !string.IsNullOrWhiteSpace(lines[diagnostic.Line - 1]))
            {
                WriteExcerpt(console, lines[diagnostic.Line - 1], diagnostic, StyleOf(diagnostic.Severity));
            }

            if (diagnostic.Hint is { Length: > 0 } hint)
            {
                console.Write(new Paragraph().Append("  hint: ", new Style(Color.Aqua)).Append(hint + "\n"));
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

    private static void WriteExcerpt(IAnsiConsole console, string line, Diagnostic diagnostic, Style style)
    {
        // Tabs would move the caret; long lines would wrap it.
        var text = line.Replace('\t', ' ');
        var column = Math.Clamp(diagnostic.Column, 1, text.Length + 1);
        if (text.Length > LongestExcerpt)
        {
            var start = Math.Clamp(column - (LongestExcerpt / 2), 0, text.Length - LongestExcerpt);
            text = text.Substring(start, LongestExcerpt);
            column -= start;
        }

        console.Write(new Paragraph()
            .Append($"{diagnostic.Line,5} | ", new Style(Color.Grey))
            .Append(text.TrimEnd() + "\n")
            .Append("      | ", new Style(Color.Grey))
            .Append(new string(' ', column - 1) + "^\n", style));
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
