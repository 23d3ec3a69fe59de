using Periplon.Core.Validation;

namespace Periplon.Core.Plans;

/// <summary>
/// Dependencies that wait for themselves. The validator refuses most of them and warns of the rest; what is still there is cut, so that no
/// execution waits for ever.
/// </summary>
internal static class PlanCycles
{
    internal static void Cut(IReadOnlyList<PlannedTask> tasks)
    {
        var numbers = new Dictionary<PlannedTask, int>(tasks.Count);
        foreach (var task in tasks)
        {
            numbers.Add(task, numbers.Count);
        }

        while (CycleSearch.Find(Edges(tasks, numbers)).ToList() is { Count: > 0 } cycles)
        {
            foreach (var cycle in cycles)
            {
                CutOne(tasks, cycle);
            }
        }
    }

    // As in the validator, each task is two vertices: its start waits for the ends of what it depends on and for the start of the task
    // around it, its end for the ends of the tasks inside it.
    private static List<int>?[] Edges(IReadOnlyList<PlannedTask> tasks, Dictionary<PlannedTask, int> numbers)
    {
        var edges = new List<int>?[tasks.Count * 2];
        foreach (var task in tasks)
        {
            var start = numbers[task] * 2;
            Add(start + 1, start);
            if (task.Parent is { } parent && numbers.TryGetValue(parent, out var around))
            {
                Add(start, around * 2);
                Add((around * 2) + 1, start + 1);
            }

            foreach (var on in task.DependsOn)
            {
                Add(start, (numbers[on] * 2) + 1);
            }
        }

        return edges;

        void Add(int from, int to) => (edges[from] ??= []).Add(to);
    }

    // Only a dependency leads from a start to an end, and every cycle has one: the nesting alone has none.
    private static void CutOne(IReadOnlyList<PlannedTask> tasks, List<int> cycle)
    {
        for (var i = 0; i < cycle.Count; i++)
        {
            var (from, to) = (cycle[i], cycle[(i + 1) % cycle.Count]);
            if (from % 2 == 0 && to % 2 == 1)
            {
                tasks[from / 2].DependsOn = tasks[from / 2].DependsOn.Remove(tasks[to / 2]);
                return;
            }
        }
    }
}
