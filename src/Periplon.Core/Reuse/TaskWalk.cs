using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Goes through tasks and all tasks inside them.</summary>
internal static class TaskWalk
{
    internal static IEnumerable<TaskDefinition> All(IEnumerable<TaskDefinition> tasks)
    {
        Stack<TaskDefinition> open = new(tasks.Reverse());
        while (open.TryPop(out var task))
        {
            yield return task;
            foreach (var inner in Inner(task).Reverse())
            {
                open.Push(inner);
            }
        }
    }

    /// <summary>The map with each task replaced, inner tasks before outer ones. The paths are those of the diagnostics.</summary>
    internal static IReadOnlyDictionary<string, TaskDefinition> Rewrite(
        IReadOnlyDictionary<string, TaskDefinition> tasks, string path, Func<TaskDefinition, string, TaskDefinition> rewrite)
    {
        if (tasks.Count == 0)
        {
            return tasks;
        }

        var result = new OrderedDictionary<string, TaskDefinition>(StringComparer.Ordinal);
        foreach (var (id, task) in tasks)
        {
            result[id] = Rewrite(task, $"{path}.{id}", rewrite);
        }

        return result;
    }

    /// <summary>The list with each task replaced.</summary>
    internal static IReadOnlyList<TaskDefinition> Rewrite(
        IReadOnlyList<TaskDefinition> tasks, string path, Func<TaskDefinition, string, TaskDefinition> rewrite) =>
        tasks.Count == 0 ? tasks : [.. tasks.Select(task => Rewrite(task, $"{path}.{task.Id}", rewrite))];

    private static TaskDefinition Rewrite(TaskDefinition task, string path, Func<TaskDefinition, string, TaskDefinition> rewrite)
    {
        if (Inner(task).Any())
        {
            task = task with
            {
                Subtasks = Rewrite(task.Subtasks, $"{path}.subtasks", rewrite),
                OnFailure = Rewrite(task.OnFailure, $"{path}.on_failure", rewrite),
                Finally = Rewrite(task.Finally, $"{path}.finally", rewrite),
                Switch = task.Switch is { } branches ? Rewrite(branches, $"{path}.switch", rewrite) : null,
            };
        }

        return rewrite(task, path);
    }

    private static SwitchDefinition Rewrite(SwitchDefinition branches, string path, Func<TaskDefinition, string, TaskDefinition> rewrite)
    {
        var cases = new OrderedDictionary<string, IReadOnlyList<TaskDefinition>>(StringComparer.Ordinal);
        foreach (var (text, tasks) in branches.Cases)
        {
            cases[text] = Rewrite(tasks, $"{path}.cases.{text}", rewrite);
        }

        return branches with { Cases = cases, Default = Rewrite(branches.Default, $"{path}.default", rewrite) };
    }

    private static IEnumerable<TaskDefinition> Inner(TaskDefinition task) => task.Subtasks
        .Concat(task.Switch?.Cases.Values.SelectMany(tasks => tasks) ?? [])
        .Concat(task.Switch?.Default ?? [])
        .Concat(task.OnFailure.Values)
        .Concat(task.Finally.Values);
}
