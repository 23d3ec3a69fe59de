using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>Which top-level tasks belong to a group: a group may name them, or they may name it, and groups hold groups.</summary>
internal static class TaskGroups
{
    /// <summary>Members of a group and of the groups inside it, in the order of the file.</summary>
    public static IReadOnlyList<string> MembersOf(WorkflowDefinition workflow, string group)
    {
        var groups = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([group]);
        while (open.TryPop(out var id))
        {
            if (workflow.TaskGroups.TryGetValue(id, out var definition) && groups.Add(id))
            {
                foreach (var inner in ChildrenOf(workflow, definition))
                {
                    open.Push(inner);
                }
            }
        }

        var members = groups.SelectMany(id => DirectMembersOf(workflow, workflow.TaskGroups[id])).ToHashSet(StringComparer.Ordinal);
        return [.. workflow.Tasks.Keys.Where(members.Contains)];
    }

    /// <summary>Members of the group itself, in the order in which it names them.</summary>
    public static IReadOnlyList<string> DirectMembersOf(WorkflowDefinition workflow, TaskGroupDefinition group) =>
        [.. group.Tasks.Where(workflow.Tasks.ContainsKey)
            .Concat(workflow.Tasks.Where(pair => pair.Value.Group == group.Id).Select(pair => pair.Key)).Distinct()];

    /// <summary>Groups directly inside a group.</summary>
    public static IEnumerable<string> ChildrenOf(WorkflowDefinition workflow, TaskGroupDefinition group) => group.Groups
        .Concat(workflow.TaskGroups.Values.Where(each => each.Parent == group.Id).Select(each => each.Id))
        .Where(workflow.TaskGroups.ContainsKey).Distinct();
}
