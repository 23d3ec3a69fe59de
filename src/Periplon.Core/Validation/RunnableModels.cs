using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Which models can be asked.</summary>
internal sealed class RunnableModels(WorkflowDefinition workflow, RunnableOptions options)
{
    /// <summary>What keeps a model call from being run; null when nothing does.</summary>
    internal string? ProblemOf(LlmDefinition llm) => ProblemOf(llm.Provider);

    /// <summary>What keeps an agent from being run; null when nothing does. That there is no such agent, the validator says.</summary>
    /// <param name="agent">Its id.</param>
    /// <param name="realm">The tasks it is named by. Their agents come first; the default agent may stand in the workflow around
    /// them.</param>
    internal string? ProblemOf(string agent, TaskRealm? realm = null) =>
        (realm is not null && realm.Agents.TryGetValue(agent, out var found)) || workflow.Agents.TryGetValue(agent, out found)
            ? ProblemOf(found.Provider ?? workflow.Provider)
            : null;

    private string? ProblemOf(ModelProvider provider) => provider switch
    {
        _ when options.HasModelScript => null,
        ModelProvider.Echo => null,
        ModelProvider.Script => "the provider 'script', but no script of answers is given",
        _ => $"the provider '{provider.ToString().ToLowerInvariant()}', which this version loads but does not run",
    };
}
