namespace Periplon.Core.Plans;

/// <summary>
/// What a bare task name means at a place: first the tasks beside it, then those around it, outwards to the top.
/// </summary>
internal sealed class NameScope(NameScope? outer)
{
    private readonly Dictionary<string, PlannedTask> _tasks = new(StringComparer.Ordinal);

    /// <summary>The scope around this one.</summary>
    internal NameScope? Outer { get; } = outer;

    /// <summary>Names a task; the first of a name keeps it.</summary>
    internal void Add(PlannedTask task) => _tasks.TryAdd(task.Id, task);

    /// <summary>Finds a task by a name or by a dotted path that begins with one, the nearest first.</summary>
    internal PlannedTask? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._tasks.TryGetValue(name, out var task) || scope.TryWalk(name, out task))
            {
                return task;
            }
        }

        return null;
    }

    private bool TryWalk(string name, out PlannedTask? found)
    {
        found = null;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !_tasks.TryGetValue(name[..dot], out var task))
        {
            return false;
        }

        found = Inner(task, name[(dot + 1)..]);
        return found is not null;
    }

    /// <summary>The task inside another, by its id or a dotted path.</summary>
    internal static PlannedTask? Inner(PlannedTask task, string name)
    {
        if (Child(task, name) is { } child)
        {
            return child;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && Child(task, name[..dot]) is { } next ? Inner(next, name[(dot + 1)..]) : null;
    }

    /// <summary>The task directly inside another, by its id: through a loop's iteration, and in any case of a switch.</summary>
    internal static PlannedTask? Child(PlannedTask task, string id)
    {
        var holder = task.Iteration ?? task;
        foreach (var block in holder.Phases.Select(phase => phase.Block).Concat(holder.Cases.Values))
        {
            foreach (var child in block?.Tasks ?? [])
            {
                if (child.Id == id)
                {
                    return child;
                }
            }
        }

        return null;
    }
}
