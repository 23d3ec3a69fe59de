using System.Collections.Concurrent;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>The plans of a workflow and its subflows, each compiled when it is first asked for. May be used from many threads.</summary>
/// <param name="workflow">The workflow, expanded.</param>
public sealed class RevisionPlans(WorkflowDefinition workflow)
{
    private readonly ConcurrentDictionary<string, ExecutionPlan> _subflows = new(StringComparer.Ordinal);
    private readonly Lazy<ExecutionPlan> _plan = new(() => ExecutionPlan.Compile(workflow));

    /// <summary>The workflow.</summary>
    public WorkflowDefinition Workflow => workflow;

    /// <summary>The plan of the workflow or of one of its subflows.</summary>
    /// <param name="subflow">Id of the subflow; null for the workflow itself.</param>
    /// <exception cref="ArgumentException">There is no such subflow.</exception>
    public ExecutionPlan PlanOf(string? subflow) => subflow is null
        ? _plan.Value
        : _subflows.GetOrAdd(subflow, id => ExecutionPlan.Compile(Subflows.DefinitionOf(workflow, id)));
}
