using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>Tasks and stages that wait for each other.</summary>
internal static class CycleRules
{
    private const int LongestChain = 12;

    internal static void Check(ValidationContext context)
    {
        CheckTasks(context);
        foreach (var (id, orchestration) in context.Workflow.Workflows)
        {
            CheckStages(context, id, orchestration.Steps);
        }
    }

    // Each task is two vertices: 2i stands for its start, 2i + 1 for its end. A start waits for the ends of the dependencies and
    // for the start of the task around it; an end waits for its own start and the ends of the subtasks. That way a dependency on
    // a task from inside itself is found like any other cycle.
    private static void CheckTasks(ValidationContext context)
    {
        var nodes = context.Tree.Nodes;
        var edges = new List<int>?[nodes.Count * 2];
        foreach (var node in nodes)
        {
            var start = node.Index * 2;
            AddEdge(edges, start + 1, start);
            if (node is { Parent: { } parent, Place: TaskPlace.Subtask })
            {
                AddEdge(edges, start, parent.Index * 2);
                AddEdge(edges, (parent.Index * 2) + 1, start + 1);
            }

            foreach (var name in node.Task.DependsOn)
            {
                if (node.Resolve(name) is { } target)
                {
                    AddEdge(edges, start, (target.Index * 2) + 1);
                }
            }
        }

        // The reference reports a cycle once for each task that leads into it. One finding a cycle says as much: what leads into
        // it is not where the mistake is.
        foreach (var cycle in CycleSearch.Find(edges))
        {
            var waiting = FirstThatDepends(cycle);
            var node = nodes[waiting.From / 2];
            var entry = node.Task.DependsOn.Index().First(name => node.Resolve(name.Item)?.Index == waiting.To / 2).Index;
            var chain = Chain([.. Rotate(cycle, waiting.From).Select(vertex => nodes[vertex / 2].FullId)]);
            context.Report.Add(
                node.Realm.Severity,
                ValidationCodes.DependencyCycle,
                $"{node.Path}.depends_on[{entry}]",
                $"Task '{node.FullId}' waits for itself: {chain}.",
                "Remove one of these dependencies.");
        }
    }

    // Only a dependency leads from a start to an end, and every cycle has one: the nesting alone has none.
    private static (int From, int To) FirstThatDepends(List<int> cycle) =>
        cycle.Select((vertex, i) => (From: vertex, To: cycle[(i + 1) % cycle.Count])).First(edge => edge.From % 2 == 0 && edge.To % 2 == 1);

    private static void CheckStages(ValidationContext context, string id, IReadOnlyList<Workflows.StageDefinition> stages)
    {
        var numbers = new Dictionary<string, int>();
        for (var i = 0; i < stages.Count; i++)
        {
            numbers.TryAdd(stages[i].Stage, i);
        }

        var edges = new List<int>?[stages.Count];
        for (var i = 0; i < stages.Count; i++)
        {
            foreach (var name in stages[i].DependsOn)
            {
                if (numbers.TryGetValue(name, out var target))
                {
                    AddEdge(edges, i, target);
                }
            }
        }

        foreach (var cycle in CycleSearch.Find(edges))
        {
            var first = cycle.Min();
            context.Report.Warning(
                ValidationCodes.StageCycle,
                $"workflows.{id}.steps[{first}].depends_on",
                $"Stage '{stages[first].Stage}' waits for itself: {Chain([.. Rotate([.. cycle], first).Select(i => stages[i].Stage)])}.",
                "Remove one of these dependencies.");
        }
    }

    internal static void AddEdge(List<int>?[] edges, int from, int to) => (edges[from] ??= []).Add(to);

    private static IEnumerable<T> Rotate<T>(List<T> cycle, T first)
    {
        var start = cycle.IndexOf(first);
        return cycle.Skip(start).Concat(cycle.Take(start));
    }

    internal static string Chain(List<string> names)
    {
        // Start and end of one task follow each other; one mention is enough.
        List<string> chain = [];
        foreach (var name in names.Append(names[0]))
        {
            if (chain.Count == 0 || chain[^1] != name)
            {
                chain.Add(name);
            }
        }

        if (chain.Count == 1)
        {
            chain.Add(chain[0]);
        }

        return chain.Count <= LongestChain
            ? string.Join(" → ", chain)
            : string.Join(" → ", [.. chain.Take(LongestChain - 2), $"… ({chain.Count - LongestChain} more) …", chain[^2], chain[^1]]);
    }
}
