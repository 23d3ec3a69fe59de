using System.Collections.Immutable;
using Periplon.Core.Executions;
using Periplon.Core.Plans;

namespace Periplon.Core.Retries;

/// <summary>
/// Which tasks of a plan run again in a retry. Looks at tasks of the own work only: hooks, handlers and notifications belong to an
/// execution and run in each. A loop counts as one task with all that is inside it.
/// </summary>
internal sealed class RerunSelection
{
    private readonly ExecutionState _ended;
    private readonly List<PlannedTask> _units = [];
    private readonly HashSet<PlannedTask> _known = [];
    private readonly HashSet<string> _endedByHand;
    private readonly HashSet<PlannedTask> _rerun = [];
    private readonly HashSet<PlannedTask> _affected = [];
    private readonly Dictionary<PlannedTask, List<PlannedTask>> _dependents = [];
    private readonly Queue<PlannedTask> _news = new();

    /// <param name="ended">The ended execution.</param>
    /// <param name="plan">Its plan, or that of another revision.</param>
    /// <param name="from">Task that runs again.</param>
    /// <param name="before">What runs again by the plan of the ended execution, when <paramref name="plan"/> is another one.</param>
    public RerunSelection(ExecutionState ended, ExecutionPlan plan, string? from, RerunSelection? before = null)
    {
        _ended = ended;
        _endedByHand = EndedByHand(ended);
        foreach (var task in plan.Tasks.Where(task => IsOwnWork(task) && ReferenceEquals(UnitOf(task), task)))
        {
            _units.Add(task);
            _known.Add(task);
        }

        foreach (var task in plan.Tasks)
        {
            foreach (var on in task.DependsOn)
            {
                Depend(UnitOf(task), UnitOf(on));
            }
        }

        foreach (var unit in _units.Where(unit => !IsInsideWhole(unit)))
        {
            MarkByOutcome(unit);
        }

        foreach (var task in before?._rerun ?? [])
        {
            Mark(plan.Find(task.Path));
        }

        if (from is not null && plan.Find(from) is { } chosen)
        {
            MarkWhole(UnitOf(chosen));
        }
    }

    /// <summary>Whether anything runs again.</summary>
    public bool HasReruns => _rerun.Count > 0;

    /// <summary>Whether a person ended the task, skipped or with an output, whatever became of the tasks inside it.</summary>
    public bool IsWhole(string path) => _endedByHand.Contains(path);

    /// <summary>Adds what depends on what runs again.</summary>
    public void Close()
    {
        while (_news.TryDequeue(out var task))
        {
            for (var at = task; at is not null && _affected.Add(at); at = at.Parent)
            {
                foreach (var dependent in _dependents.GetValueOrDefault(at) ?? [])
                {
                    MarkWhole(dependent);
                }
            }
        }
    }

    /// <summary>Paths of the tasks that are kept.</summary>
    /// <param name="asksConditionsAgain">Whether what a condition skipped is not kept.</param>
    public HashSet<string> Kept(bool asksConditionsAgain)
    {
        // Inner tasks come after outer ones in the plan, and a group is kept when all in it is.
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var unit in Enumerable.Reverse(_units))
        {
            if (!_affected.Contains(unit) && !_rerun.Contains(unit) && !IsInsideWhole(unit) && _ended.Find(unit.Path) is { } task
                && IsKept(unit, task, kept, asksConditionsAgain))
            {
                kept.Add(unit.Path);
            }
        }

        return kept;
    }

    private static HashSet<string> EndedByHand(ExecutionState ended) =>
    [
        .. (ended.Created.Kept ?? []).Where(kept => kept.IsWhole && ended.Find(kept.Task) is { IsKept: true }).Select(kept => kept.Task),
        .. ended.Tasks.Values
            .Where(task => task is { Stop.Skip: not null, Status: TaskRunStatus.Completed or TaskRunStatus.Skipped })
            .Select(task => task.Instance.Path),
    ];

    private bool IsInsideWhole(PlannedTask unit)
    {
        for (var at = unit.Parent; at is not null && _endedByHand.Count > 0; at = at.Parent)
        {
            if (_endedByHand.Contains(at.Path))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsKept(PlannedTask unit, TaskState task, HashSet<string> kept, bool asksConditionsAgain) => task.Status switch
    {
        TaskRunStatus.Skipped => !asksConditionsAgain && (!unit.RunsAfterFailure || IsInsideKept(unit) || IsBeforeKept(unit)),
        TaskRunStatus.Completed => !IsGroup(unit) || _endedByHand.Contains(unit.Path) || BlockOf(unit, task).All(inner => kept.Contains(inner.Path)),
        _ => false,
    };

    // A group that completed, and in which nothing runs again, has no failure to ask for; asked again, it would run while what depends on
    // the group is kept.
    private bool IsInsideKept(PlannedTask unit) =>
        unit.Parent is { Parent: not null } group && IsGroup(group) && !_affected.Contains(group) && !_rerun.Contains(group)
        && _ended.Find(group.Path) is { Status: TaskRunStatus.Completed };

    // What waited for it and completed is kept, so its condition, which asks for a failure, is not asked again after the fact.
    private bool IsBeforeKept(PlannedTask unit) => (_dependents.GetValueOrDefault(unit) ?? []).Exists(dependent =>
        !_affected.Contains(dependent) && !_rerun.Contains(dependent) && _ended.Find(dependent.Path) is { Status: TaskRunStatus.Completed });

    private static ImmutableArray<PlannedTask> BlockOf(PlannedTask unit, TaskState task) =>
        (task.Case is { } chosen && unit.Cases.TryGetValue(chosen, out var block) ? block : unit.OwnBlock)?.Tasks ?? [];

    private static bool IsGroup(PlannedTask task) => task.Shape is TaskShape.Group or TaskShape.Switch;

    private static bool IsOwnWork(PlannedTask task)
    {
        for (var at = task; at.Parent is { } parent; at = parent)
        {
            if (at.ParentPhase != parent.OwnPhase)
            {
                return false;
            }
        }

        return true;
    }

    private static PlannedTask UnitOf(PlannedTask task)
    {
        var unit = task;
        for (var at = task.Parent; at is not null; at = at.Parent)
        {
            unit = at.Shape is TaskShape.Loop ? at : unit;
        }

        return unit;
    }

    private void Depend(PlannedTask task, PlannedTask on)
    {
        if (ReferenceEquals(task, on))
        {
            return;
        }

        if (!_dependents.TryGetValue(on, out var list))
        {
            _dependents[on] = list = [];
        }

        list.Add(task);
    }

    private void MarkByOutcome(PlannedTask unit)
    {
        var task = _ended.Find(unit.Path);
        if (task is null)
        {
            // What never came into being is up to what is around it, unless the revision is new to it.
            if (_ended.Plan.Find(unit.Path) is null)
            {
                MarkWhole(unit);
            }
        }
        else if (task.Status is TaskRunStatus.Completed || (task.Status is TaskRunStatus.Skipped && !task.SkippedUpstream))
        {
            return;
        }
        else if (IsGroup(unit) && task.StartedAt is not null && task.Failure?.Kind != FailureKinds.DefinitionOfDone)
        {
            // What is inside it tells for itself.
            Mark(unit);
        }
        else
        {
            MarkWhole(unit);
        }
    }

    private void Mark(PlannedTask? task)
    {
        if (task is not null && _known.Contains(task) && _rerun.Add(task))
        {
            _news.Enqueue(task);
        }
    }

    private void MarkWhole(PlannedTask task)
    {
        Mark(task);
        if (!IsGroup(task))
        {
            return;
        }

        foreach (var inner in (task.OwnBlock?.Tasks ?? []).Concat(task.Cases.Values.SelectMany(block => block.Tasks)))
        {
            MarkWhole(inner);
        }
    }
}
