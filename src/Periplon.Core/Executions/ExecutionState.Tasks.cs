using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

public sealed partial record ExecutionState
{
    /// <summary>The state of a task.</summary>
    /// <param name="task">A task of this execution.</param>
    public TaskState Task(TaskInstance task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Tasks[task.Path];
    }

    /// <summary>
    /// The state of a task; null when none with the path has come into being, or only in an earlier round of the work around it.
    /// </summary>
    /// <param name="path">Its path.</param>
    public TaskState? Find(string path) =>
        Tasks.TryGetValue(path, out var task) && (!HasRepeats || IsOfThisRound(task.Instance)) ? task : null;

    private bool IsOfThisRound(TaskInstance task)
    {
        for (var at = task.Around; at is not null; at = at.Around)
        {
            if (!ReferenceEquals(Tasks[at.Path].Instance, at))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The instance of a planned task that another one means: the one that shares most of what is around it. Null when it has not come into
    /// being, or when it is inside a loop that the asking task is not in.
    /// </summary>
    /// <param name="from">The asking task; null for the workflow itself.</param>
    /// <param name="planned">The task that is meant.</param>
    public TaskState? FindSeenFrom(TaskInstance? from, PlannedTask planned)
    {
        ArgumentNullException.ThrowIfNull(planned);
        return PathSeenFrom(from, planned) is { } path ? Find(path) : null;
    }

    /// <summary>The path that <see cref="FindSeenFrom"/> looks for.</summary>
    internal string? PathSeenFrom(TaskInstance? from, PlannedTask planned)
    {
        var shared = from ?? Root.Instance;
        while (!shared.Planned.Holds(planned))
        {
            shared = shared.Around!;
        }

        return PathBelow(shared, planned);
    }

    /// <summary>
    /// The state of a planned task seen from another one, or of what is around it if it never came into being. Null when it is of a phase
    /// that was left out, so that it never will.
    /// </summary>
    internal TaskState? FindOrAround(TaskInstance? from, PlannedTask planned)
    {
        for (var at = planned; at is not null && (from is null || !at.Holds(from.Planned)); at = at.Parent)
        {
            if (FindSeenFrom(from, at) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Whether a task is being stopped, by itself or with what is around it. Handlers of what is stopped are not.</summary>
    /// <param name="task">The task.</param>
    public TaskStop? FindStop(TaskInstance task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var state = Task(task);
        return state.Stop is { } own && state.Phase <= own.Phase ? own : FindStopAround(task);
    }

    /// <summary>Whether a task is being stopped with what is around it.</summary>
    /// <param name="task">The task.</param>
    internal TaskStop? FindStopAround(TaskInstance task)
    {
        for (var at = task; at.Around is { } around; at = around)
        {
            var phase = at.Planned.ParentPhase;
            if (Task(around).Stop is { } stop && phase <= stop.Phase)
            {
                return stop;
            }

            if (around.Planned.Phases[phase].IsProtected && !IsKilled)
            {
                return null;
            }
        }

        return null;
    }

    // The path of the only instance below another one; null when there may be several.
    private static string? PathBelow(TaskInstance shared, PlannedTask planned)
    {
        var steps = new Stack<PlannedTask>();
        for (var at = planned; !ReferenceEquals(at, shared.Planned); at = at.Parent!)
        {
            if (at.IsIteration)
            {
                return null;
            }

            steps.Push(at);
        }

        var prefix = shared.Prefix;
        var path = shared.Path;
        foreach (var step in steps)
        {
            path = step.IsTopNamed ? step.Segment : prefix + step.Segment;
            prefix = step.IsTransparent ? prefix : path + ".";
        }

        return path;
    }
}
