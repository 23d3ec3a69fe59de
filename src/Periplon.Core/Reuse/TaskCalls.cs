using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Rewrites the subflow ids that tasks call, at any depth.</summary>
/// <param name="rename">The new id of each.</param>
internal sealed class TaskCalls(Func<string, string> rename)
{
    internal IReadOnlyDictionary<string, TaskDefinition> Rewrite(IReadOnlyDictionary<string, TaskDefinition> tasks) =>
        tasks.Count == 0 ? tasks : tasks.ToDictionary(pair => pair.Key, pair => Rewrite(pair.Value));

    internal IReadOnlyDictionary<string, OrchestrationDefinition> Rewrite(IReadOnlyDictionary<string, OrchestrationDefinition> workflows) =>
        workflows.ToDictionary(
            pair => pair.Key,
            pair => pair.Value with { Steps = [.. pair.Value.Steps.Select(stage => stage with { Tasks = Rewrite(stage.Tasks) })] });

    // Deep files are refused by the parser before they get here, so recursion is bounded.
    private TaskDefinition Rewrite(TaskDefinition task) => task with
    {
        Subflow = task.Subflow is { } id ? rename(id) : null,
        Subtasks = Rewrite(task.Subtasks),
        OnFailure = Rewrite(task.OnFailure),
        Finally = Rewrite(task.Finally),
        Switch = task.Switch is { } branches
            ? branches with
            {
                Cases = branches.Cases.ToDictionary(pair => pair.Key, pair => Rewrite(pair.Value)),
                Default = Rewrite(branches.Default),
            }
            : null,
    };

    private IReadOnlyList<TaskDefinition> Rewrite(IReadOnlyList<TaskDefinition> tasks) =>
        tasks.Count == 0 ? tasks : [.. tasks.Select(Rewrite)];
}
