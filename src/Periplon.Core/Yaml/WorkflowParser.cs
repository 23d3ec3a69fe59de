using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml;

/// <summary>Reads workflow files.</summary>
public static class WorkflowParser
{
    /// <summary>The longest text that is read, in characters.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    /// <summary>
    /// Reads a workflow from the bytes of a file: UTF-8, or UTF-16 or UTF-32 with a byte order mark. Never throws.
    /// </summary>
    /// <param name="content">The whole file.</param>
    public static ParseResult Parse(ReadOnlySpan<byte> content) =>
        WorkflowText.TryDecode(content, out var text, out var problem) ? Parse(text) : new ParseResult(null, [problem]);

    /// <summary>
    /// Reads a workflow from YAML or JSON. Never throws: whatever is wrong is in the result, all of it at once. References
    /// between tasks, ranges of values and the like are the validator's concern.
    /// </summary>
    /// <param name="text">The whole file.</param>
    public static ParseResult Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Editors of some systems put a byte order mark first; neither YAML nor JSON knows it inside a string.
        text = text.StartsWith('\ufeff') ? text[1..] : text;
        var reading = new Reading(text.Length);
        if (FindBadText(text) is { } problem)
        {
            return new ParseResult(null, [problem]);
        }

        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, reading);
        if (root is not MapNode)
        {
            ReportRoot(root, reading);
            return new ParseResult(null, reading.Diagnostics);
        }

        var workflow = WorkflowLanguage.Workflow.Read(Cursor.Root(root, reading));
        return new ParseResult(reading.HasErrors ? null : workflow with { Source = reading.Source }, reading.Diagnostics);
    }

    private static Diagnostic? FindBadText(string text)
    {
        if (text.Length > MaxLength)
        {
            return new Diagnostic(DiagnosticCodes.TooLong, DiagnosticSeverity.Error,
                $"The file has {text.Length} characters; {MaxLength} are allowed.", new SourceLocation(1, 1), "",
                "Keep data in files of its own and let tasks read them.");
        }

        // The scanner takes it for the end of the text and would drop whatever follows.
        var nul = text.IndexOf('\0', StringComparison.Ordinal);
        return nul < 0 ? null : new Diagnostic(DiagnosticCodes.Syntax, DiagnosticSeverity.Error,
            "The text is not valid YAML: it holds the character U+0000, which no text has.", WorkflowText.PlaceOf(text, nul), "",
            "Remove it; perhaps the file is no text at all.");
    }

    private static void ReportRoot(Node? root, Reading reading)
    {
        if (root is null && reading.HasErrors)
        {
            return;
        }

        var found = root switch
        {
            null or ScalarNode { Kind: ScalarKind.Null } => "The file is empty",
            ListNode => "The file is a list",
            _ => "The file is a single value",
        };
        reading.Error(DiagnosticCodes.RootNotMapping, $"{found}; a workflow is a mapping with at least 'name' and 'version'.",
            root?.At ?? new SourceLocation(1, 1), "", "Start with 'name: my-workflow' and 'version: \"1.0\"'.");
    }
}

/// <summary>A workflow, or what kept it from being read.</summary>
/// <param name="Workflow">The workflow; null when a diagnostic is an error.</param>
/// <param name="Diagnostics">All findings in the order of the file.</param>
public sealed record ParseResult(WorkflowDefinition? Workflow, IReadOnlyList<Diagnostic> Diagnostics);
