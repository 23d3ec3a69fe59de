using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Periplon.Commands;

/// <summary>How commands print: JSON for programs, tables for people, plain columns when no terminal reads them.</summary>
internal static class ShellOutput
{
    // Relaxed: the JSON goes to a terminal or a program, never into a web page.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteJson(this CommandShell shell, JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            node.WriteTo(writer);
        }

        shell.Out.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public static void WriteError(this CommandShell shell, string message, IEnumerable<string>? details = null)
    {
        shell.Error.WriteLine("Error: " + message);
        foreach (var detail in details ?? [])
        {
            shell.Error.WriteLine("  " + detail);
        }
    }

    public static IAnsiConsole Console(this CommandShell shell)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = shell.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = shell.IsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = shell.IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(shell.Out),
        });
        if (!shell.IsTerminal)
        {
            // A pipe has no width: a row must stay one line for the programs that read it.
            console.Profile.Width = 10_000;
        }

        return console;
    }

    /// <summary>Prints rows of plain text under headings.</summary>
    public static void WriteTable(this CommandShell shell, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (!shell.IsTerminal)
        {
            WriteColumns(shell.Out, [headings.Select(heading => heading.ToUpperInvariant()).ToArray(), .. rows]);
            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell, StyleOf(cell))));
        }

        shell.Console().Write(table);
    }

    /// <summary>The colour of a status word, in tables and in the live display.</summary>
    public static Style StyleOf(string word) => word switch
    {
        "completed" or "applied" => new Style(Color.Green),
        "failed" or "timed_out" or "changed" or "unknown" => new Style(Color.Red),
        "running" => new Style(Color.Blue),
        "waiting" or "paused" or "pending" or "ready" or "queued" => new Style(Color.Yellow),
        "cancelled" or "skipped" => new Style(Color.Grey),
        _ => Style.Plain,
    };

    private static void WriteColumns(TextWriter writer, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            writer.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
