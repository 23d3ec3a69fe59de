namespace Periplon.Core.Plans;

/// <summary>
/// What has to happen before a task ends, by dependencies and nesting: a start waits for the ends of the dependencies and for the start of
/// the task around it, an end for its own start and the ends of what is inside.
/// </summary>
internal sealed class StartOrder(IReadOnlyList<PlannedTask> tasks, IReadOnlyDictionary<PlannedTask, List<PlannedTask>> dependencies)
{
    private readonly ILookup<PlannedTask?, PlannedTask> _inside = tasks.ToLookup(task => task.Parent);

    /// <summary>Whether a task cannot end before another has started.</summary>
    internal bool EndsAfter(PlannedTask task, PlannedTask other)
    {
        var seen = new HashSet<(PlannedTask Task, bool IsEnd)>();
        var waiting = new Stack<(PlannedTask Task, bool IsEnd)>([(task, true)]);
        while (waiting.TryPop(out var at))
        {
            if (!seen.Add(at))
            {
                continue;
            }

            if (at == (other, false))
            {
                return true;
            }

            foreach (var before in at.IsEnd ? BeforeEnd(at.Task) : BeforeStart(at.Task))
            {
                waiting.Push(before);
            }
        }

        return false;
    }

    private IEnumerable<(PlannedTask, bool)> BeforeEnd(PlannedTask task) =>
        _inside[task].Select(inner => (inner, true)).Prepend((task, false));

    private IEnumerable<(PlannedTask, bool)> BeforeStart(PlannedTask task)
    {
        IEnumerable<(PlannedTask, bool)> ends = dependencies[task].Select(on => (on, true));
        return task.Parent is { Path.Length: > 0 } around ? ends.Append((around, false)) : ends;
    }
}
