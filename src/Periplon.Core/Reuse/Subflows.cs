using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Subflows as workflows of their own, which is what their executions run.</summary>
public static class Subflows
{
    /// <summary>
    /// The definition that an execution of a subflow runs. Its inputs, outputs, agents, tasks and what else its file declares are the
    /// subflow's; secrets, provider, limits and the rest are those of the workflow that it belongs to.
    /// </summary>
    /// <param name="workflow">The workflow, with its sources expanded.</param>
    /// <param name="subflowId">Id within its <c>subflows</c>, such as <c>build</c> or, for one of a fetched file, <c>lib/build</c>.</param>
    /// <returns>A definition named <c>workflow/subflow</c>. Calls of other subflows work in it as they do in the whole workflow.</returns>
    /// <exception cref="ArgumentException">The workflow has no such subflow.</exception>
    public static WorkflowDefinition DefinitionOf(WorkflowDefinition workflow, string subflowId)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(subflowId);
        if (!workflow.Subflows.TryGetValue(subflowId, out var subflow))
        {
            throw new ArgumentException(
                $"Workflow '{workflow.Name}' has no subflow '{subflowId}'; it has {(workflow.Subflows.Count == 0
                    ? "none" : string.Join(", ", workflow.Subflows.Keys.Select(id => $"'{id}'")))}",
                nameof(subflowId));
        }

        var file = subflow.File ?? new SubflowFile { Defaults = workflow.Defaults, FailFast = workflow.FailFast };
        var defaults = file.Defaults ?? workflow.Defaults;
        return workflow with
        {
            Name = $"{workflow.Name}/{subflowId}",
            Description = subflow.Description,
            Inputs = subflow.Inputs,
            Outputs = subflow.Outputs,
            Agents = WithDefaultAgent(subflow.Agents, defaults?.Agent, workflow.Agents),
            Tasks = subflow.Tasks,
            Workflows = file.Workflows,
            TaskGroups = file.TaskGroups,
            McpServers = Merge(workflow.McpServers, file.McpServers),
            Defaults = defaults,
            OnFailure = file.OnFailure,
            Finally = file.Finally,
            FailFast = file.FailFast,
            // The limit of the calling execution bounds this one too: its end cancels its children.
            TimeoutSecs = file.TimeoutSecs,
            // Not that of the calling workflow: a child that waited for the place of its parent would wait for ever.
            Concurrency = file.Concurrency,
            // The parent announces itself; its channels still serve the notifications of tasks.
            Notifications = workflow.Notifications is { } announced
                ? announced with { NotifyOnStart = false, NotifyOnWorkflowCompletion = false }
                : null,
            Source = SourceMap.Empty,
        };
    }

    /// <summary>Both maps as one. An entry of <paramref name="winner"/> replaces one of the same name.</summary>
    internal static IReadOnlyDictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> other, IReadOnlyDictionary<string, T> winner)
    {
        if (other.Count == 0 || winner.Count == 0)
        {
            return winner.Count == 0 ? other : winner;
        }

        var merged = new Dictionary<string, T>(other);
        foreach (var (name, value) in winner)
        {
            merged[name] = value;
        }

        return merged;
    }

    // The workflow's default agent is declared where the default is, not in the subflow that it reaches.
    private static IReadOnlyDictionary<string, AgentDefinition> WithDefaultAgent(
        IReadOnlyDictionary<string, AgentDefinition> agents, string? id, IReadOnlyDictionary<string, AgentDefinition> outer) =>
        id is not null && !agents.ContainsKey(id) && outer.TryGetValue(id, out var agent)
            ? new Dictionary<string, AgentDefinition>(agents) { [id] = agent }
            : agents;
}
