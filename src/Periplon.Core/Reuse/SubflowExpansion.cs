using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>A workflow whose sources were put in their places.</summary>
/// <param name="Workflow">The workflow, with every subflow that can be reached, those of fetched files as <c>outer/inner</c>.</param>
/// <param name="Documents">
/// The main file and every fetched one, each with the inputs and outputs of the subflows that it names filled in: what the validator
/// looks at, because the places of its findings are those of one file.
/// </param>
/// <param name="Missing">Texts that are named but were not given, each once.</param>
/// <param name="Texts">The texts of the predefined tasks and groups that are used, by the keys of <see cref="CollectedLibrary"/>.</param>
/// <param name="Diagnostics">What is wrong with the sources; nothing about <paramref name="Missing"/>.</param>
public sealed record SubflowExpansion(
    WorkflowDefinition Workflow,
    IReadOnlyList<WorkflowDocument> Documents,
    IReadOnlyList<MissingResource> Missing,
    IReadOnlyDictionary<string, string> Texts,
    IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>One file that a workflow is made of.</summary>
/// <param name="File">What diagnostics call it; null for the main file.</param>
/// <param name="Workflow">Its content.</param>
/// <param name="Expanded">The same without references to predefined tasks and groups.</param>
public sealed record WorkflowDocument(string? File, WorkflowDefinition Workflow, WorkflowDefinition Expanded);

/// <summary>A text that a workflow names.</summary>
/// <param name="Reference">Which text.</param>
/// <param name="NamedBy">The file that names it; null for the main file.</param>
/// <param name="Path">Where that file names it, such as <c>subflows.build.source</c>.</param>
/// <param name="Location">Line and column there.</param>
public sealed record MissingResource(ResourceReference Reference, ResourceReference? NamedBy, string Path, SourceLocation Location)
{
    /// <summary>A finding about this text.</summary>
    /// <param name="message">Why it is not there.</param>
    /// <param name="hint">What to do about it.</param>
    public Diagnostic ToDiagnostic(string message, string? hint = null) =>
        new(Validation.ValidationCodes.SourceNotFetched, DiagnosticSeverity.Error, message, Location, Path, hint)
        {
            File = NamedBy?.DisplayName,
        };
}
