using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>Which tasks come before which: by <c>depends_on</c>, by their groups, by the order of stages that go one by one.</summary>
internal static class TaskOrder
{
    /// <summary>What each top-level task waits for, in the order of the file; groups are replaced by their members.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> OfWorkflow(WorkflowDefinition workflow)
    {
        var after = workflow.Tasks.ToDictionary(pair => pair.Key, pair => pair.Value.DependsOn.ToList(), StringComparer.Ordinal);
        foreach (var group in workflow.TaskGroups.Values)
        {
            var members = TaskGroups.MembersOf(workflow, group.Id);
            // A member of a group that waits for another one waits for all of that one's members.
            var before = group.DependsOn
                .SelectMany(name => workflow.TaskGroups.ContainsKey(name) ? TaskGroups.MembersOf(workflow, name) : [name])
                .Where(after.ContainsKey).Except(members).ToArray();
            foreach (var member in members)
            {
                after[member].AddRange(before);
            }

            Chain(after, group.ExecutionMode == "sequential" ? TaskGroups.DirectMembersOf(workflow, group) : []);
        }

        foreach (var orchestration in workflow.Workflows.Values)
        {
            Chain(after, orchestration.ExecutionMode == "sequential" ? [.. orchestration.Tasks.Where(after.ContainsKey)] : []);
        }

        return after.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)[.. pair.Value.Distinct()], StringComparer.Ordinal);
    }

    /// <summary>The same for tasks of a list; each waits for the one before it when they go one by one.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> OfList(IReadOnlyList<TaskDefinition> tasks, bool oneByOne = false)
    {
        var after = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        for (var i = 0; i < tasks.Count; i++)
        {
            string[] before = oneByOne && i > 0 ? [tasks[i - 1].Id] : [];
            after.TryAdd(tasks[i].Id, [.. tasks[i].DependsOn.Concat(before).Distinct()]);
        }

        return after;
    }

    /// <summary>
    /// Sorts tasks into waves: a task is in the first wave behind all that it waits for. Names from elsewhere do not count; neither does a
    /// name that leads back to the task itself.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<TaskDefinition>> Waves(
        IEnumerable<TaskDefinition> tasks, IReadOnlyDictionary<string, IReadOnlyList<string>> after)
    {
        var byId = new OrderedDictionary<string, TaskDefinition>(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            byId.TryAdd(task.Id, task);
        }

        var levels = Levels(byId, after);
        return [.. byId.Values.GroupBy(task => levels[task.Id]).OrderBy(wave => wave.Key)
            .Select(wave => (IReadOnlyList<TaskDefinition>)[.. wave.OrderBy(task => task.Priority)])];
    }

    // With a stack of its own: a chain of tasks may be as long as a file allows.
    private static Dictionary<string, int> Levels(
        OrderedDictionary<string, TaskDefinition> tasks, IReadOnlyDictionary<string, IReadOnlyList<string>> after)
    {
        var levels = new Dictionary<string, int>(StringComparer.Ordinal);
        var open = new HashSet<string>(StringComparer.Ordinal);
        var stack = new Stack<string>(tasks.Keys.Reverse());
        while (stack.TryPop(out var id))
        {
            if (levels.ContainsKey(id))
            {
                continue;
            }

            var before = after.GetValueOrDefault(id, [])
                .Select(name => Sibling(tasks, name)).OfType<string>().Where(name => name != id).ToArray();
            if (open.Add(id))
            {
                stack.Push(id);
                foreach (var name in before.Where(name => !levels.ContainsKey(name) && !open.Contains(name)))
                {
                    stack.Push(name);
                }
            }
            else
            {
                levels[id] = before.Select(name => levels.GetValueOrDefault(name, -1) + 1).DefaultIfEmpty(0).Max();
            }
        }

        return levels;
    }

    /// <summary>The task of a set that a name means, itself or one inside it.</summary>
    private static string? Sibling(OrderedDictionary<string, TaskDefinition> tasks, string name)
    {
        if (tasks.ContainsKey(name))
        {
            return name;
        }

        for (var cut = name.LastIndexOf('.'); cut > 0; cut = name.LastIndexOf('.', cut - 1))
        {
            if (tasks.ContainsKey(name[..cut]))
            {
                return name[..cut];
            }
        }

        return null;
    }

    private static void Chain(Dictionary<string, List<string>> after, IReadOnlyList<string> tasks)
    {
        for (var i = 1; i < tasks.Count; i++)
        {
            after[tasks[i]].Add(tasks[i - 1]);
        }
    }
}
