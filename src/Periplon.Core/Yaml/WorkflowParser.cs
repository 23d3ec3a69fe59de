using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml;

/// <summary>Reads workflow files.</summary>
public static class WorkflowParser
{
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
        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, reading);
        if (root is not MapNode)
        {
            ReportRoot(root, reading);
            return new ParseResult(null, reading.Diagnostics);
        }

        var workflow = WorkflowLanguage.Workflow.Read(Cursor.Root(root, reading));
        return new ParseResult(reading.HasErrors ? null : workflow with { Source = reading.Source }, reading.Diagnostics);
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
