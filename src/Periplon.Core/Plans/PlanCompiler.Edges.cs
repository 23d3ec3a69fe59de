using System.Collections.Immutable;

namespace Periplon.Core.Plans;

internal sealed partial class PlanCompiler
{
    // Names become edges once every task exists: a name may stand before what it names.
    private void Connect()
    {
        var dependencies = _tasks.ToDictionary(task => task, _ => new List<PlannedTask>());
        foreach (var task in _tasks.Where(task => !task.IsIteration))
        {
            dependencies[task].AddRange(task.Definition.DependsOn.Select(task.Names.Find).OfType<PlannedTask>());
        }

        foreach (var (task, on) in _orders)
        {
            dependencies[task].AddRange(on);
        }

        foreach (var (task, name) in _groupOrders)
        {
            if ((_groups.GetValueOrDefault(name) ?? _main.Find(name)) is { } on)
            {
                dependencies[task].Add(on);
            }
        }

        foreach (var (task, names) in dependencies)
        {
            task.DependsOn = [.. names.Select(on => Reachable(task, on)).OfType<PlannedTask>().Distinct()];
        }

        PlanCycles.Cut(_tasks);
        MarkNeeded();
        var dependents = new Dictionary<PlannedTask, List<int>>();
        foreach (var task in _tasks)
        {
            task.LocalDependencies = task.DependsOn.Count(on => IsBeside(task, on));
            task.Partners = [.. task.Definition.ParallelWith.Select(task.Names.Find).OfType<PlannedTask>()
                .Where(partner => IsBeside(task, partner)).Select(partner => partner.Position)];
            foreach (var on in task.DependsOn)
            {
                if (IsBeside(task, on))
                {
                    (dependents.TryGetValue(on, out var list) ? list : dependents[on] = []).Add(task.Position);
                }
                else
                {
                    MarkInner(task, on);
                }
            }
        }

        foreach (var (task, positions) in dependents)
        {
            task.Dependents = [.. positions];
        }
    }

    // What the inside of one task waits for must not be held back by a bound that the task itself fills.
    private void MarkNeeded()
    {
        foreach (var task in _tasks)
        {
            foreach (var on in task.DependsOn.Where(on => !IsBeside(task, on)))
            {
                for (var at = on; at.Parent is { } around && !at.Holds(task); at = around)
                {
                    Need(at);
                }
            }
        }

        void Need(PlannedTask task)
        {
            if (!task.IsNeededInside)
            {
                task.IsNeededInside = true;
                foreach (var before in task.DependsOn.Where(before => IsBeside(task, before)))
                {
                    Need(before);
                }
            }
        }
    }

    private bool IsBeside(PlannedTask task, PlannedTask other) =>
        _blockOf.TryGetValue(task, out var block) && _blockOf.TryGetValue(other, out var beside) && ReferenceEquals(block, beside);

    // Of what runs many times or perhaps not at all, only the whole can be waited for: the nearest task around it that is sure to be there.
    private static PlannedTask? Reachable(PlannedTask task, PlannedTask on)
    {
        if (on.Holds(task))
        {
            return null;
        }

        var reachable = on;
        for (var at = on; at.Parent is { } around && !around.Holds(task); at = around)
        {
            if (around.Shape is TaskShape.Loop or TaskShape.Switch || at.ParentPhase != around.OwnPhase)
            {
                reachable = around;
            }
        }

        return ReferenceEquals(reachable, task) ? null : reachable;
    }

    private static void MarkInner(PlannedTask task, PlannedTask on)
    {
        for (var around = on.Parent; around is not null && !around.Holds(task); around = around.Parent)
        {
            around.InnerTargets = around.InnerTargets.Contains(on) ? around.InnerTargets : around.InnerTargets.Add(on);
        }
    }
}
