using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Subflows and the tasks that call them.</summary>
internal static class SubflowRules
{
    internal static void Check(ValidationContext context)
    {
        foreach (var (id, subflow) in context.Workflow.Subflows)
        {
            if (subflow is { Source: null, Agents.Count: 0, Tasks.Count: 0 })
            {
                context.Report.Error(
                    ValidationCodes.SubflowEmpty,
                    $"subflows.{id}",
                    $"Subflow '{id}' has no source, no agents and no tasks.",
                    "Give it tasks, or a source to load them from.");
            }
        }

        foreach (var node in context.Tree.Nodes)
        {
            if (node.Task.Subflow is { } id)
            {
                CheckCall(context, node, id);
            }
        }

        CheckCycles(context);
    }

    // Each execution of a subflow in a cycle would start another one, without end.
    private static void CheckCycles(ValidationContext context)
    {
        var ids = context.Workflow.Subflows.Keys.ToArray();
        var index = ids.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var edges = new List<int>?[ids.Length];
        var calls = new Dictionary<(int, int), TaskNode>();
        foreach (var node in context.Tree.Nodes)
        {
            if (node.Realm.Subflow is { } caller && node.Task.Subflow is { } callee
                && index.TryGetValue(caller.Id, out var from) && index.TryGetValue(callee, out var to) && calls.TryAdd((from, to), node))
            {
                (edges[from] ??= []).Add(to);
            }
        }

        foreach (var cycle in CycleSearch.Find(edges))
        {
            var node = calls[(cycle[^1], cycle[0])];
            context.Report.Error(
                ValidationCodes.SubflowCycle,
                $"{node.Path}.subflow",
                $"Subflow '{ids[cycle[0]]}' calls itself: {string.Join(" → ", cycle.Append(cycle[0]).Select(i => ids[i]))}.",
                "Remove one of these calls; a loop repeats without recursion.");
        }
    }

    private static void CheckCall(ValidationContext context, TaskNode node, string id)
    {
        if (!context.Workflow.Subflows.TryGetValue(id, out var subflow))
        {
            context.Report.Add(
                node.Realm.Severity,
                ValidationCodes.SubflowUnknown,
                $"{node.Path}.subflow",
                $"Task '{node.FullId}' calls the subflow '{id}', which is not declared.",
                context.Hint(id, context.Workflow.Subflows, "subflows"));
            return;
        }

        foreach (var (name, input) in subflow.Inputs)
        {
            if (input is { Required: true, Default: null } && !node.Task.Inputs.ContainsKey(name))
            {
                context.Report.Add(
                    node.Realm.Severity,
                    ValidationCodes.SubflowInputMissing,
                    $"{node.Path}.subflow",
                    $"Task '{node.FullId}' calls the subflow '{id}' without its required input '{name}'.",
                    $"Add '{name}' to the task's 'inputs', or give the input a default.");
            }
        }

        foreach (var name in node.Task.Inputs.Keys.Where(name => !subflow.Inputs.ContainsKey(name)))
        {
            context.Report.Warning(
                ValidationCodes.SubflowInputUndeclared,
                $"{node.Path}.inputs.{name}",
                $"Task '{node.FullId}' passes the input '{name}', which the subflow '{id}' does not declare.",
                context.Hint(name, subflow.Inputs, "inputs of the subflow"));
        }
    }
}
