using Periplon.Core.Executions;
using Periplon.Core.Plans;

namespace Periplon.Core.Migrations;

/// <summary>Replays a history on two plans and stops at the first difference.</summary>
internal sealed class SideBySideReplay
{
    private readonly IReadOnlyList<ExecutionEvent> _history;
    private readonly string _there;
    private ExecutionState _old;

    public SideBySideReplay(ExecutionPlan oldPlan, ExecutionPlan newPlan, IReadOnlyList<ExecutionEvent> history, int revision)
    {
        _history = history;
        _there = $"revision {revision}";
        var created = (ExecutionCreated)history[0];
        _old = ExecutionMachine.Start(oldPlan, created);
        State = ExecutionMachine.Start(newPlan, created);
    }

    /// <summary>The state on the other plan.</summary>
    public ExecutionState State { get; private set; }

    /// <summary>Replays; null when all is the same.</summary>
    public MigrationRefusal? Run()
    {
        var (oldRoot, newRoot) = (_old.Plan.Root, State.Plan.Root);
        if (oldRoot.Definition.Concurrency is null != newRoot.Definition.Concurrency is null)
        {
            return new(MigrationReasons.LimitChanged, $"Only one of the revisions has a concurrency limit for the workflow as a whole");
        }

        if (oldRoot.Phases[0].Kind != newRoot.Phases[0].Kind)
        {
            return new(MigrationReasons.PhaseChanged, "Only one of the revisions has hooks or notifications before the first task");
        }

        foreach (var happened in _history.Skip(1))
        {
            var task = happened as TaskEvent;
            if (task is not null && FindRefusal(task) is { } refusal)
            {
                return refusal;
            }

            _old = ExecutionMachine.Apply(_old, happened);
            State = ExecutionMachine.Apply(State, happened);
            if (task is not null && FindDifference(task.Task) is { } difference)
            {
                return difference;
            }
        }

        return FindNewTaskTooLate() ?? FindLostLimit() ?? FindOtherEnd();
    }

    private MigrationRefusal? FindRefusal(TaskEvent happened)
    {
        var path = happened.Task;
        if (_old.Find(path) is not { } was || was.Status.IsSettled())
        {
            // It changes nothing here; that it changes nothing there is seen after it.
            return null;
        }

        if (State.Find(path) is not { } isNow)
        {
            return new(MigrationReasons.TaskMissing, $"Task '{path}' has begun, and {_there} does not have it", path);
        }

        var (old, planned) = (was.Instance.Planned, isNow.Instance.Planned);
        if (!TaskKinds.AreSame(old, planned))
        {
            return new(
                MigrationReasons.KindChanged,
                $"Task '{path}' has begun as {TaskKinds.WordOf(old)}, and {_there} has it as {TaskKinds.WordOf(planned)}", path);
        }

        return FindBeginning(happened, was, isNow) ?? happened switch
        {
            TaskEntered { Case: { } chosen } when old.Cases.ContainsKey(chosen) != planned.Cases.ContainsKey(chosen) => new(
                MigrationReasons.TaskMissing, $"Task '{path}' has chosen its case '{chosen}', which {_there} does not have", path),
            TaskPhaseStarted e when PhaseOf(old, e.Phase) != PhaseOf(planned, e.Phase) => new(
                MigrationReasons.PhaseChanged,
                $"{NameOf(path)} has begun hooks or handlers that {_there} has in another place", path),
            TaskWaiting { Kind: WaitKind.Child } when old.Definition.Subflow != planned.Definition.Subflow => new(
                MigrationReasons.KindChanged,
                $"Task '{path}' has begun subflow '{old.Definition.Subflow}', and {_there} has '{planned.Definition.Subflow}' there", path),
            _ => null,
        };
    }

    // What begins must be allowed to begin there too.
    private MigrationRefusal? FindBeginning(TaskEvent happened, TaskState was, TaskState isNow)
    {
        if (was.Status is not TaskRunStatus.Pending || happened is TaskCancelled or TaskStopRequested)
        {
            return null;
        }

        var path = happened.Task;
        if (was.OpenDependencies == 0 && isNow.OpenDependencies > 0)
        {
            var on = isNow.Instance.Planned.DependsOn.Select(planned => State.FindOrAround(isNow.Instance, planned))
                .FirstOrDefault(found => found is { } other && !other.Status.IsSettled());
            return new(
                MigrationReasons.DependencyAdded,
                $"Task '{path}' began before '{on?.Instance.Path}' had ended, on which it depends in {_there}", path);
        }

        return IsHeld(State, isNow) && !IsHeld(_old, was)
            ? new(
                MigrationReasons.BoundLowered,
                $"Task '{path}' began beside others of '{isNow.Instance.Around!.Path}', of which {_there} runs at most "
                + $"{State.Task(isNow.Instance.Around).Block!.Planned.MaxParallel} at a time",
                path)
            : null;
    }

    private static bool IsHeld(ExecutionState state, TaskState task) =>
        task.Instance.Around is { } around && state.Task(around).Block is { } block && block.Held.Contains(task.Instance.Rank);

    private MigrationRefusal? FindDifference(string path)
    {
        var (was, isNow) = (_old.Find(path), State.Find(path));
        return Same(was, isNow)
            ? null
            : new(
                MigrationReasons.Differs,
                $"Task '{path}' is {was?.Status.ToWord() ?? "not there"}, and by {_there} its history would leave it "
                + $"{WordOf(was, isNow)}",
                path);
    }

    private static string WordOf(TaskState? was, TaskState? isNow) =>
        isNow is null ? "out"
        : isNow.Status == was?.Status ? $"{isNow.Status.ToWord()} in another way"
        : isNow.Status.ToWord();

    private static bool Same(TaskState? was, TaskState? isNow) =>
        was is null ? isNow is null
        : isNow is not null
            && (was.Status, was.Ended, was.Attempt, was.Delivery, was.Token, was.Work, was.DueAt)
            == (isNow.Status, isNow.Ended, isNow.Attempt, isNow.Delivery, isNow.Token, isNow.Work, isNow.DueAt)
            && (was.Phase < 0, was.Wait is null, was.Block is null) == (isNow.Phase < 0, isNow.Wait is null, isNow.Block is null)
            && ReferenceEquals(was.Output, isNow.Output)
            && (was.Loop?.Next, was.Loop?.Count, was.Loop?.Active.Count, was.Loop?.Ended)
            == (isNow.Loop?.Next, isNow.Loop?.Count, isNow.Loop?.Active.Count, isNow.Loop?.Ended);

    private static string NameOf(string path) => path.Length == 0 ? "The workflow" : $"Task '{path}'";

    private static PhaseKind? PhaseOf(PlannedTask planned, int phase) =>
        phase < planned.Phases.Length ? planned.Phases[phase].Kind : null;

    // A task that comes into being inside something that is over would never run.
    private MigrationRefusal? FindNewTaskTooLate()
    {
        foreach (var path in State.Tasks.Keys.Where(path => path.Length > 0 && !_old.Tasks.ContainsKey(path)).Order(StringComparer.Ordinal))
        {
            if (State.Find(path) is not { } task || task.Status.IsSettled())
            {
                continue;
            }

            var around = State.Task(task.Instance.Around!);
            if (around.Status.IsSettled() || around.Ended is not null || around.Phase != task.Instance.Planned.ParentPhase)
            {
                var where = around.Instance.Around is null ? "the workflow's own work" : $"'{around.Instance.Path}'";
                return new(
                    MigrationReasons.TaskTooLate, $"Task '{path}' is new in {_there}, and {where}, in which it stands, is over", path);
            }
        }

        return null;
    }

    private MigrationRefusal? FindLostLimit()
    {
        foreach (var task in State.Tasks.Values.Where(task => !task.Status.IsSettled()))
        {
            var definition = task.Instance.Planned.Definition;
            if ((definition.Concurrency is null && (task.Place is not null || task.Wait is { Kind: WaitKind.Concurrency }))
                || (definition.RateLimit is null && task.Wait is { Kind: WaitKind.Rate }))
            {
                var path = task.Instance.Path;
                return new(
                    MigrationReasons.LimitChanged,
                    $"{NameOf(path)} waits for a limit or holds a place under it that {_there} does not have", path);
            }
        }

        return null;
    }

    private MigrationRefusal? FindOtherEnd() =>
        _old.FirstFailure != State.FirstFailure || _old.IsEnding != State.IsEnding || _old.Status.IsTerminal() != State.Status.IsTerminal()
            ? new(
                MigrationReasons.Differs,
                $"By {_there} the failures so far would end the execution in another way (continue_on_error, fail_fast)")
            : null;
}
