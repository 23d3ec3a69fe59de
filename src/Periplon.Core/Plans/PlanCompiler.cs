using System.Collections.Immutable;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>
/// Makes a plan of a definition. Everything that only says when tasks run (stages, groups, hooks, handlers, notifications) becomes part of
/// one tree, so that the machine knows nothing of it.
/// </summary>
internal sealed partial class PlanCompiler(WorkflowDefinition workflow)
{
    private readonly List<PlannedTask> _tasks = [];
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<PlannedTask, PlannedBlock> _blockOf = [];
    private readonly NameScope _main = new(null);

    internal ExecutionPlan Compile()
    {
        FindAdopted();
        var root = new PlannedTask
        {
            Id = "",
            Path = "",
            Segment = "",
            Definition = new TaskDefinition { Id = "", Concurrency = workflow.Concurrency },
            Shape = TaskShape.Group,
            Parent = null,
            IsTransparent = true,
            IsAuthored = false,
            Names = _main,
        };
        var phases = ImmutableArray.CreateBuilder<PlannedPhase>();
        AddStart(root, phases);
        root.OwnPhase = phases.Count;
        phases.Add(new PlannedPhase(PhaseKind.Own, Body(root, root.OwnPhase)));
        AddEnd(root, phases);
        root.Phases = phases.ToImmutable();
        Connect();
        return new ExecutionPlan(workflow, root, _tasks);
    }

    private PlannedBlock Body(PlannedTask root, int phase)
    {
        List<PlannedTask> tasks = [];
        foreach (var definition in workflow.Tasks.Values.Where(task => !_adopted.Contains(task.Id)))
        {
            tasks.Add(Add(definition, new TaskPlace(root, phase, tasks.Count, _main)));
        }

        foreach (var group in workflow.TaskGroups.Values.Where(group => GroupAround(group) is null && HasMembers(group)))
        {
            tasks.Add(AddGroup(group, new TaskPlace(root, phase, tasks.Count, _main)));
        }

        foreach (var orchestration in workflow.Workflows.Values)
        {
            AddStages(orchestration, root, phase, tasks);
        }

        return Block(tasks, stopsAtFailure: workflow.FailFast);
    }

    private PlannedBlock Block(
        IReadOnlyList<PlannedTask> tasks, int? maxParallel = null, bool stopsAtFailure = false, bool ignoresFailures = false)
    {
        var block = new PlannedBlock([.. tasks], maxParallel, stopsAtFailure, ignoresFailures);
        foreach (var task in tasks)
        {
            _blockOf[task] = block;
        }

        return block;
    }

    // A task and everything inside it.
    private PlannedTask Add(TaskDefinition definition, TaskPlace place)
    {
        definition = WithDefaults(definition);
        var shape = ShapeOf(definition);
        var task = Register(shape is TaskShape.Loop ? LoopTasks.Outer(definition) : definition, shape, place);
        place.Names.Add(task);
        if (shape is TaskShape.Loop)
        {
            task.Iteration = AddIteration(LoopTasks.Iteration(definition), task, place.Names);
        }
        else
        {
            AddInside(task, definition, place.Names);
        }

        AddHandlers(task, definition);
        return task;
    }

    private PlannedTask AddIteration(TaskDefinition definition, PlannedTask loop, NameScope names)
    {
        var place = new TaskPlace(loop, 0, 0, names) { IsIteration = true };
        var shape = ShapeOf(definition);
        var task = Register(shape is TaskShape.Loop ? LoopTasks.Outer(definition) : definition, shape, place);
        if (shape is TaskShape.Loop)
        {
            // A matrix whose combinations are loops.
            task.Iteration = AddIteration(LoopTasks.Iteration(definition), task, names);
        }
        else
        {
            AddInside(task, definition, names);
        }

        return task;
    }

    private void AddInside(PlannedTask task, TaskDefinition definition, NameScope names)
    {
        if (task.Shape is TaskShape.Group)
        {
            var inner = new NameScope(names);
            task.Phases = [new PlannedPhase(PhaseKind.Own, Children(task, definition.Subtasks, inner))];
        }
        else if (definition.Switch is { } branch && task.Shape is TaskShape.Switch)
        {
            var cases = branch.Cases.ToImmutableDictionary(
                entry => entry.Key, entry => Children(task, entry.Value, new NameScope(names)), StringComparer.Ordinal);
            task.Cases = cases;
            task.Phases = [new PlannedPhase(PhaseKind.Own, Children(task, branch.Default, new NameScope(names)))];
        }
    }

    private PlannedBlock Children(PlannedTask parent, IReadOnlyList<TaskDefinition> definitions, NameScope names)
    {
        List<PlannedTask> tasks = [];
        foreach (var definition in definitions)
        {
            var child = TaskInheritance.Inherit(parent.Definition, Adopted(definition) ?? definition);
            var place = new TaskPlace(parent, parent.OwnPhase, tasks.Count, names) { IsTopNamed = Adopted(definition) is not null };
            tasks.Add(Add(child, place));
            if (place.IsTopNamed)
            {
                _main.Add(tasks[^1]);
            }
        }

        return Block(tasks, stopsAtFailure: workflow.FailFast);
    }

    private PlannedTask Register(TaskDefinition definition, TaskShape shape, TaskPlace place)
    {
        var segment = place.Segment ?? definition.Id;
        var prefix = place.IsTopNamed && !IsInsideLoop(place.Parent) ? "" : PrefixOf(place.Parent);
        var path = place.IsIteration ? $"{place.Parent.Path}[]" : prefix + segment;
        for (var copy = 2; !_paths.Add(path); copy++)
        {
            segment = $"{place.Segment ?? definition.Id}~{copy}";
            path = prefix + segment;
        }

        var task = new PlannedTask
        {
            Id = definition.Id,
            Path = path,
            Segment = segment,
            IsTopNamed = place.IsTopNamed && prefix.Length == 0,
            Definition = definition,
            Shape = shape,
            Parent = place.Parent,
            ParentPhase = place.Phase,
            Position = place.Position,
            IsTransparent = place.IsTransparent,
            IsIteration = place.IsIteration,
            IsAuthored = place.IsAuthored,
            Names = place.Names,
            Retry = RetryRule.Of(definition, workflow.Defaults),
            TimeoutSecs = ShortestTimeout(definition),
            WorkerTags = definition.WorkerTags.Count > 0 ? definition.WorkerTags : workflow.Defaults?.WorkerTags ?? [],
            References = TaskValues.ReferencesOf(definition, workflow),
        };
        _tasks.Add(task);
        return task;
    }

    private static string PrefixOf(PlannedTask parent)
    {
        var at = parent;
        while (at.IsTransparent && at.Parent is { } outer)
        {
            at = outer;
        }

        return at.Path.Length == 0 ? "" : at.Path + ".";
    }

    private static bool IsInsideLoop(PlannedTask? task)
    {
        for (; task is not null; task = task.Parent)
        {
            if (task.IsIteration)
            {
                return true;
            }
        }

        return false;
    }

    private TaskDefinition WithDefaults(TaskDefinition task)
    {
        var isEmpty = task is { Kind: TaskKind.None, Subtasks.Count: 0 };
        return task with
        {
            Agent = task.Agent ?? (isEmpty ? workflow.Defaults?.Agent : null),
            OnError = task.OnError ?? workflow.Defaults?.OnError,
            Retry = task.Retry ?? (task.OnError is null ? workflow.Defaults?.Retry : null),
        };
    }

    private static TaskShape ShapeOf(TaskDefinition task) =>
        task.Matrix is not null || task.Loop is not null ? TaskShape.Loop
        : task.Subtasks.Count > 0 ? TaskShape.Group
        : task.Kind switch
        {
            TaskKind.None => TaskShape.Group,
            TaskKind.Switch => TaskShape.Switch,
            TaskKind.Sleep => TaskShape.Sleep,
            TaskKind.WaitFor => TaskShape.Signal,
            TaskKind.Approval => TaskShape.Approval,
            TaskKind.Subflow => TaskShape.Subflow,
            _ => TaskShape.Work,
        };

    // The kind's own timeout (script.timeout_secs …) is older than the task's; whichever is shorter holds. The default is one for attempts.
    private double? ShortestTimeout(TaskDefinition task)
    {
        double?[] limits =
        [
            task.TimeoutSecs, task.Script?.TimeoutSecs, task.Command?.TimeoutSecs, task.Http?.TimeoutSecs, task.Llm?.TimeoutSecs,
            task.McpTool?.TimeoutSecs,
        ];
        return limits.Min() ?? (ShapeOf(task) is TaskShape.Work ? workflow.Defaults?.TimeoutSecs : null);
    }
}

/// <summary>Where a task stands in the tree.</summary>
internal sealed record TaskPlace(PlannedTask Parent, int Phase, int Position, NameScope Names)
{
    /// <summary>Last part of the path, when it is not the id.</summary>
    public string? Segment { get; init; }

    public bool IsTopNamed { get; init; }

    public bool IsTransparent { get; init; }

    public bool IsIteration { get; init; }

    public bool IsAuthored { get; init; } = true;
}
