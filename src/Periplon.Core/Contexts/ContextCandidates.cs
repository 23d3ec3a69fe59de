using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Contexts;

/// <summary>The tasks of an execution that have brought something, as another one sees them.</summary>
internal static class ContextCandidates
{
    /// <summary>All completed tasks with an output, in the order in which they ended.</summary>
    /// <param name="state">The execution.</param>
    /// <param name="task">The task that asks.</param>
    /// <param name="strategy">How outputs are left out: only some strategies need to know when an output was last used.</param>
    internal static List<ContextCandidate> Of(ExecutionState state, TaskInstance task, CleanupStrategy strategy)
    {
        var depths = DepthsFrom(state, task);
        var used = strategy.Type is "lru" ? LastUses(state) : [];
        return [.. Completed(state)
            .Select(one => (State: one, Text: TextOf(one.Output)))
            .Where(one => one.Text.Length > 0)
            .Select(one =>
            {
                var path = one.State.Instance.Path;
                var end = one.State.FinishedAt ?? state.LastEventAt;
                var lastUse = used.TryGetValue(path, out var at) && at > end ? at : end;
                return new ContextCandidate(path, AgentOf(one.State), depths.GetValueOrDefault(path), end, lastUse, one.Text);
            })];
    }

    /// <summary>The completed tasks that the workflow's author wrote, in the order in which they ended.</summary>
    internal static IEnumerable<TaskState> Completed(ExecutionState state) => state.Tasks.Values
        .Where(one => one.Status is TaskRunStatus.Completed && one.Instance.Planned.IsAuthored)
        .OrderBy(one => one.FinishedAt).ThenBy(one => one.Instance.Rank.Number);

    /// <summary>The agent that runs a task; null when none does.</summary>
    internal static string? AgentOf(TaskState task) =>
        task.Agent ?? (task.Instance.Planned.Definition is { Kind: TaskKind.Agent } definition ? definition.Agent : null);

    // What is around a task has its dependencies on the task's behalf, and whoever depends on a group depends on what is inside it.
    private static Dictionary<string, int> DepthsFrom(ExecutionState state, TaskInstance task)
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        var inside = state.Tasks.Values.ToLookup(one => one.Instance.Around?.Path ?? "", one => one.Instance, StringComparer.Ordinal);
        var waiting = new Queue<(TaskInstance Task, int Depth)>([(task, 0)]);
        while (waiting.TryDequeue(out var next))
        {
            for (var from = next.Task; from is not null; from = from.Around)
            {
                foreach (var planned in from.Planned.DependsOn)
                {
                    if (state.FindOrAround(from, planned)?.Instance is { } on && !on.Planned.Holds(task.Planned))
                    {
                        Add(on, next.Depth + 1);
                    }
                }
            }
        }

        return depths;

        void Add(TaskInstance on, int depth)
        {
            if (depths.TryAdd(on.Path, depth))
            {
                waiting.Enqueue((on, depth));
                foreach (var child in inside[on.Path])
                {
                    Add(child, depth);
                }
            }
        }
    }

    // An output is used by every task that refers to it, from when that task started.
    private static Dictionary<string, DateTimeOffset> LastUses(ExecutionState state)
    {
        var uses = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var user in state.Tasks.Values.Where(one => one.StartedAt is not null))
        {
            var scope = new ExecutionScope(state, user.Instance);
            foreach (var reference in user.Instance.Planned.References)
            {
                if (ReferencePath.TryParse(reference, out var path) && path.Root is "task" && scope.FindTaskOf(path) is { } used
                    && (!uses.TryGetValue(used.Instance.Path, out var at) || at < user.StartedAt))
                {
                    uses[used.Instance.Path] = user.StartedAt!.Value;
                }
            }
        }

        return uses;
    }

    private static string TextOf(TaskOutput? output) =>
        output is null ? ""
        : OutputText.Referenced(output) is { Length: > 0 } text ? text
        : output.Values is { Count: > 0 } values ? string.Join('\n', values.Select(value => $"{value.Key} = {Plain(value.Value)}"))
        : "";

    private static string Plain(JsonElement value) => TemplateValues.ToText(value);
}
