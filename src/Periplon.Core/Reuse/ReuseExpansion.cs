using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>A workflow without references to predefined tasks and groups, or what kept them from being resolved.</summary>
/// <param name="Workflow">
/// The workflow in which each <c>uses</c>, <c>embed</c> and <c>uses_workflow</c> is an ordinary task; what an error concerns is left
/// as it was.
/// </param>
/// <param name="Diagnostics">
/// Everything found; the workflow may be used when no error is among it. Places are those of the workflow's file.
/// </param>
/// <param name="Tasks">The predefined tasks that are used, each after those it needs.</param>
/// <param name="Groups">The groups that are used, each after those it needs.</param>
public sealed record ReuseExpansion(
    WorkflowDefinition Workflow,
    IReadOnlyList<Diagnostic> Diagnostics,
    IReadOnlyList<LibraryTask> Tasks,
    IReadOnlyList<LibraryGroup> Groups)
{
    /// <summary>Whether every reference was resolved.</summary>
    public bool IsComplete => Diagnostics.All(found => found.Severity is not DiagnosticSeverity.Error);

    /// <summary>
    /// The texts of all that is used, by key. <see cref="CollectedLibrary.Of"/> makes a library of them with which the workflow expands
    /// to the same definition again.
    /// </summary>
    public IReadOnlyDictionary<string, string> Texts()
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var task in Tasks)
        {
            texts[CollectedLibrary.KeyOf(task)] = task.Text;
        }

        foreach (var group in Groups)
        {
            texts[CollectedLibrary.KeyOf(group)] = group.Text;
        }

        return texts;
    }
}
