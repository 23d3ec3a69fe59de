using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>
/// A workflow's text together with the texts that it takes from outside: parsed, expanded and validated. The only way from what a revision
/// keeps to what its executions run, for the server, the local runner and the checks.
/// </summary>
public sealed class WorkflowBundle
{
    private readonly RevisionPlans? _plans;
    private readonly IReadOnlyList<WorkflowDocument> _documents;

    private WorkflowBundle(
        WorkflowDefinition? workflow,
        WorkflowResources resources,
        IReadOnlyList<MissingResource> missing,
        IReadOnlyList<Diagnostic> diagnostics,
        IReadOnlyList<WorkflowDocument> documents)
    {
        (Workflow, Resources, Missing, Diagnostics, _documents) = (workflow, resources, missing, diagnostics, documents);
        _plans = workflow is null ? null : new RevisionPlans(workflow);
    }

    /// <summary>The expanded workflow; null when the main file cannot be read.</summary>
    public WorkflowDefinition? Workflow { get; }

    /// <summary>The texts from outside that were given.</summary>
    public WorkflowResources Resources { get; }

    /// <summary>Texts from outside that are named but were not given; each is an error of <see cref="Diagnostics"/>, too.</summary>
    public IReadOnlyList<MissingResource> Missing { get; }

    /// <summary>Every finding of parser, expansion and validator, those about the main file first.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>Whether the workflow can be stored.</summary>
    public bool IsValid => Workflow is not null && Diagnostics.All(found => found.Severity is not DiagnosticSeverity.Error);

    /// <summary>The plans of its executions.</summary>
    /// <exception cref="InvalidOperationException">The main file cannot be read.</exception>
    public RevisionPlans Plans => _plans ?? throw new InvalidOperationException($"A text that cannot be read has no plan: {Diagnostics[0]}");

    /// <summary>The plan of the workflow itself.</summary>
    /// <exception cref="InvalidOperationException">The main file cannot be read.</exception>
    public ExecutionPlan Plan => Plans.PlanOf(null);

    /// <summary>Reads a workflow. Never throws: whatever is wrong is in the result.</summary>
    /// <param name="text">The main file, YAML or JSON.</param>
    /// <param name="resources">The texts it takes from outside, as far as they are there.</param>
    /// <param name="failures">Why others are not, by reference.</param>
    /// <param name="library">
    /// Where predefined tasks and groups are found. What is used of it is then among the resources, which are enough the next time.
    /// </param>
    public static WorkflowBundle Read(
        string text,
        WorkflowResources resources,
        IReadOnlyDictionary<string, string>? failures = null,
        IPredefinedTaskLibrary? library = null)
    {
        ArgumentNullException.ThrowIfNull(resources);
        var parsed = WorkflowParser.Parse(text);
        if (parsed.Workflow is not { } main)
        {
            return new WorkflowBundle(null, resources, [], parsed.Diagnostics, []);
        }

        var expansion = SubflowExpander.Expand(main, resources, library);
        foreach (var (key, used) in expansion.Texts)
        {
            resources = resources.With(key, resources.Find(key) ?? WorkflowResource.Of(used));
        }

        var findings = expansion.Documents.SelectMany(document => Of(document, document.Workflow, WorkflowValidator.Validate));
        Diagnostic[] diagnostics =
        [
            .. parsed.Diagnostics, .. expansion.Diagnostics, .. findings,
            .. expansion.Missing.Select(missing => missing.ToDiagnostic(
                failures?.GetValueOrDefault(missing.Reference.ToString()!) ?? $"{missing.Reference.DisplayName} was not fetched.")),
        ];
        return new WorkflowBundle(
            expansion.Workflow,
            resources,
            expansion.Missing,
            InFileOrder(diagnostics.Distinct()),
            expansion.Documents);
    }

    /// <summary>What keeps a valid workflow from being started here: parts of the language that this version does not run.</summary>
    /// <param name="options">What there is to run it with; null means the defaults.</param>
    public IReadOnlyList<Diagnostic> FindUnsupported(RunnableOptions? options = null) =>
        [.. _documents.SelectMany(document => Of(document, document.Expanded, workflow => RunnableCheck.Check(workflow, options))).Distinct()];

    // What stands in the main file has no file name and comes first.
    private static IReadOnlyList<Diagnostic> InFileOrder(IEnumerable<Diagnostic> diagnostics) =>
        [.. diagnostics.OrderBy(d => d.File, StringComparer.Ordinal).ThenBy(d => d.Line).ThenBy(d => d.Column)];

    private static IEnumerable<Diagnostic> Of(
        WorkflowDocument document, WorkflowDefinition workflow, Func<WorkflowDefinition, IReadOnlyList<Diagnostic>> check) =>
        check(workflow).Select(found => document.File is null ? found : found with { File = document.File });
}
