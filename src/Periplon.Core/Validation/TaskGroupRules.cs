namespace Periplon.Core.Validation;

/// <summary>Task groups and their members.</summary>
internal static class TaskGroupRules
{
    internal static void Check(ValidationContext context)
    {
        var groups = context.Workflow.TaskGroups;
        foreach (var node in context.Tree.Nodes)
        {
            if (node.Task.Group is { } group && !groups.ContainsKey(group))
            {
                context.Report.Warning(
                    ValidationCodes.TaskGroupUnknown,
                    $"{node.Path}.group",
                    $"Task '{node.FullId}' belongs to the group '{group}', which is not declared.",
                    context.Hint(group, groups, "task groups"));
            }
        }

        foreach (var (id, group) in groups)
        {
            var path = $"task_groups.{id}";
            CheckNames(group.Tasks, $"{path}.tasks", name => IsTask(name), "task");
            CheckNames(group.Groups, $"{path}.groups", groups.ContainsKey, "group");
            CheckNames(group.DependsOn, $"{path}.depends_on", name => groups.ContainsKey(name) || IsTask(name), "group or task");
            if (group.Parent is { } parent && !groups.ContainsKey(parent))
            {
                ReportUnknown($"{path}.parent", parent, "group");
            }

            void CheckNames(IReadOnlyList<string> names, string field, Func<string, bool> exists, string what)
            {
                for (var i = 0; i < names.Count; i++)
                {
                    if (!exists(names[i]))
                    {
                        ReportUnknown($"{field}[{i}]", names[i], what);
                    }
                }
            }

            void ReportUnknown(string at, string name, string what)
            {
                var tasks = context.Tree.Main.Roots.Keys;
                var known = what switch { "group" => groups.Keys, "task" => tasks, _ => groups.Keys.Concat(tasks) };
                context.Report.Warning(
                    ValidationCodes.TaskGroupMemberUnknown,
                    at,
                    $"Task group '{id}' names the {what} '{name}', which does not exist.",
                    context.Names.Find(name, known) is { } nearest ? $"Did you mean '{nearest}'?" : "Declare it, or remove the name.");
            }
        }

        CheckCircles(context);
        bool IsTask(string name) => TaskTree.FindFromTop(context.Tree.Main, name) is not null;
    }

    // One group is inside another by its own parent or by the other's list; both count.
    private static void CheckCircles(ValidationContext context)
    {
        var groups = context.Workflow.TaskGroups;
        string[] ids = [.. groups.Keys];
        var numbers = ids.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
        var edges = new List<int>?[ids.Length];
        foreach (var (id, group) in groups)
        {
            foreach (var inner in group.Groups.Where(groups.ContainsKey))
            {
                CycleRules.AddEdge(edges, numbers[id], numbers[inner]);
            }

            if (group.Parent is { } parent && groups.ContainsKey(parent))
            {
                CycleRules.AddEdge(edges, numbers[parent], numbers[id]);
            }
        }

        foreach (var circle in CycleSearch.Find(edges))
        {
            var (outer, inner) = (ids[circle[0]], ids[circle[1 % circle.Count]]);
            var entry = groups[outer].Groups.Index().Where(listed => listed.Item == inner).Select(listed => listed.Index).FirstOrDefault(-1);
            context.Report.Error(
                ValidationCodes.TaskGroupCycle,
                entry >= 0 ? $"task_groups.{outer}.groups[{entry}]" : $"task_groups.{inner}.parent",
                $"Task group '{outer}' is inside itself: {CycleRules.Chain([.. circle.Select(number => ids[number])])}.",
                "Remove one of these from `groups` or `parent`.");
        }
    }
}
