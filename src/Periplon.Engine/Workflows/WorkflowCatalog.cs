using Periplon.Core.Validation;
using System.Collections.Concurrent;
using Periplon.Core.Plans;
using Periplon.Core.Executions;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;

namespace Periplon.Engine.Workflows;

/// <summary>A revision, ready to be executed.</summary>
/// <param name="Bundle">What it is made of.</param>
/// <param name="Row">What is stored of it.</param>
/// <param name="Unsupported">Why it cannot be run by this version; empty when it can.</param>
internal sealed record CatalogEntry(WorkflowBundle Bundle, WorkflowVersionRow Row, IReadOnlyList<Diagnostic> Unsupported)
{
    /// <summary>The plan of the workflow itself.</summary>
    public ExecutionPlan Plan => Bundle.Plan;

    /// <summary>The plan of the workflow or of one of its subflows.</summary>
    /// <exception cref="ArgumentException">There is no such subflow.</exception>
    public ExecutionPlan PlanOf(string? subflow) => Bundle.Plans.PlanOf(subflow);
}

/// <summary>
/// Revisions of workflows, parsed once per silo. Revisions never change, so an entry is always right; the oldest are dropped above the
/// bound.
/// </summary>
internal sealed class WorkflowCatalog(IWorkflowStore store, TaskOptions? tasks = null)
{
    private const int MaxEntries = 1_000;

    private readonly RunnableOptions _runnable = new() { HasModelScript = tasks?.ModelScript is not null };

    private readonly ConcurrentDictionary<(Guid Id, int Revision), Lazy<Task<CatalogEntry?>>> _entries = new();
    private readonly ConcurrentQueue<(Guid Id, int Revision)> _order = new();

    /// <summary>Finds a revision; null when there is none.</summary>
    public async Task<CatalogEntry?> FindAsync(Guid workflowId, int revision, CancellationToken cancellationToken)
    {
        var key = (workflowId, revision);
        if (!_entries.TryGetValue(key, out var entry))
        {
            // Off the caller's turn: a file of 5 MB takes seconds to parse.
            entry = _entries.GetOrAdd(key, _ => new(() => Task.Run(() => LoadAsync(workflowId, revision))));
        }

        try
        {
            var found = await entry.Value.WaitAsync(cancellationToken);
            if (found is null)
            {
                // It may be stored later.
                _entries.TryRemove(key, out _);
            }

            return found;
        }
        catch when (entry.Value.IsFaulted)
        {
            _entries.TryRemove(key, out _);
            throw;
        }
    }

    private async Task<CatalogEntry?> LoadAsync(Guid workflowId, int revision)
    {
        if (await store.FindVersionAsync(workflowId, revision, CancellationToken.None) is not { } row)
        {
            return null;
        }

        var bundle = WorkflowBundle.Read(row.Definition, WorkflowResources.FromJson(row.Resources));
        if (bundle.Workflow is null)
        {
            var first = bundle.Diagnostics.FirstOrDefault(d => d.Severity is DiagnosticSeverity.Error);
            throw new InvalidOperationException(
                $"Revision {revision} of workflow {workflowId} was stored but does not parse any more: {first}");
        }

        var loaded = new CatalogEntry(bundle, row, bundle.FindUnsupported(_runnable));

        // Only what was found counts: questions for revisions that are not stored push nothing out.
        _order.Enqueue((workflowId, revision));
        if (_order.Count > MaxEntries && _order.TryDequeue(out var oldest))
        {
            _entries.TryRemove(oldest, out _);
        }

        return loaded;
    }
}
