using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

internal sealed partial class PlanCompiler
{
    private readonly HashSet<string> _adopted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PlannedTask> _groups = new(StringComparer.Ordinal);
    private readonly List<(PlannedTask Task, IReadOnlyList<PlannedTask> On)> _orders = [];
    private readonly List<(PlannedTask Task, string Group)> _groupOrders = [];
    private Dictionary<string, string>? _groupsAround;
    private ILookup<string, TaskGroupDefinition>? _groupsInside;

    // Top-level tasks that a stage, a group or a list of subtasks names run there and nowhere else.
    private void FindAdopted()
    {
        var waiting = new Stack<TaskDefinition>(workflow.Tasks.Values);
        foreach (var stage in workflow.Workflows.Values.SelectMany(orchestration => orchestration.Steps))
        {
            foreach (var task in stage.Tasks)
            {
                if (IsMention(task))
                {
                    AdoptId(task.Id);
                }

                waiting.Push(task);
            }
        }

        while (waiting.TryPop(out var task))
        {
            foreach (var child in task.Subtasks)
            {
                Adopt(child);
                waiting.Push(child);
            }
        }

        foreach (var id in workflow.Workflows.Values.Where(IsList).SelectMany(orchestration => orchestration.Tasks))
        {
            AdoptId(id);
        }

        foreach (var id in workflow.TaskGroups.Values.SelectMany(MembersOf).ToList())
        {
            AdoptId(id);
        }

        void Adopt(TaskDefinition task)
        {
            if (IsBareName(task))
            {
                AdoptId(task.Id);
            }
        }
    }

    private void AdoptId(string id)
    {
        if (workflow.Tasks.ContainsKey(id))
        {
            _adopted.Add(id);
        }
    }

    private static bool IsBareName(TaskDefinition task) => task is { Description: "", Agent: null } && IsOnlyNamed(task);

    // Files name a top-level task again inside a stage and repeat no more than its description and agent. That says where the task runs;
    // it is not a second task, which would run once more without the conditions and dependencies of the first.
    private bool IsMention(TaskDefinition task) => IsBareName(task)
        || (IsOnlyNamed(task) && workflow.Tasks.TryGetValue(task.Id, out var top) && (task.Agent is null || task.Agent == top.Agent));

    // Every field but id, description and agent is left out: none that is written may be lost. A test goes through all of them.
    private static bool IsOnlyNamed(TaskDefinition task) => task is
    {
        Kind: TaskKind.None or TaskKind.Agent, Overrides: null, Inputs.Count: 0, Outputs.Count: 0, Priority: 0, Subtasks.Count: 0,
        DependsOn.Count: 0, ParallelWith.Count: 0, Output: null, OnComplete: null, OnError: null, Condition: null, If: null,
        DefinitionOfDone: null, Loop: null, LoopControl: null, InjectContext: false, Limits: null, Context: null, Group: null,
        TimeoutSecs: null, Retry: null, ContinueOnError: false, OnFailure.Count: 0, Finally.Count: 0, Matrix: null, SetState.Count: 0,
        Concurrency: null, RateLimit: null, Cache: null, Labels.Count: 0, WorkerTags.Count: 0,
    };

    // The top-level task that a bare name stands for; the first list that names it gets it.
    private TaskDefinition? Adopted(TaskDefinition task) => IsBareName(task) ? Take(task.Id) : null;

    private TaskDefinition? AdoptedByStage(TaskDefinition task) => IsMention(task) ? Take(task.Id) : null;

    private TaskDefinition? Take(string id) => _adopted.Contains(id) && !_paths.Contains(id) ? workflow.Tasks[id] : null;

    private bool IsList(OrchestrationDefinition orchestration) =>
        orchestration.Steps.Count == 0 && orchestration.ExecutionMode == "sequential" && orchestration.Tasks.Any(workflow.Tasks.ContainsKey);

    private void AddStages(OrchestrationDefinition orchestration, PlannedTask root, int phase, List<PlannedTask> tasks)
    {
        if (IsList(orchestration))
        {
            var names = orchestration.Tasks.Where(id => workflow.Tasks.ContainsKey(id) && !_paths.Contains(id));
            var list = new StageDefinition { Stage = orchestration.Id, Tasks = [.. names.Select(id => new TaskDefinition { Id = id })] };
            tasks.Add(AddStage(list, orchestration, new TaskPlace(root, phase, tasks.Count, _main), new NameScope(_main)));
            return;
        }

        var scope = new NameScope(_main);
        var stages = new Dictionary<string, PlannedTask>(StringComparer.Ordinal);
        foreach (var stage in orchestration.Steps)
        {
            var planned = AddStage(stage, orchestration, new TaskPlace(root, phase, tasks.Count, _main), scope);
            stages.TryAdd(stage.Stage, planned);
            tasks.Add(planned);
        }

        foreach (var stage in orchestration.Steps)
        {
            _orders.Add((stages[stage.Stage], [.. stage.DependsOn.Where(stages.ContainsKey).Select(name => stages[name])]));
        }
    }

    private PlannedTask AddStage(StageDefinition stage, OrchestrationDefinition orchestration, TaskPlace place, NameScope names)
    {
        var definition = new TaskDefinition { Id = stage.Stage, Description = $"Stage {stage.Stage} of {orchestration.Id}" };
        var planned = Register(
            definition, TaskShape.Group,
            place with { Segment = $"stage:{stage.Stage}", IsTransparent = true, IsAuthored = false });
        var inner = new NameScope(names);
        List<PlannedTask> tasks = [];
        foreach (var task in stage.Tasks)
        {
            var adopted = AdoptedByStage(task);
            var inStage = WithStageAgent(adopted ?? task, stage);
            var at = new TaskPlace(planned, 0, tasks.Count, inner)
            {
                IsTopNamed = adopted is not null,
                Segment = adopted is null && (_paths.Contains(task.Id) || workflow.Tasks.ContainsKey(task.Id))
                    ? $"{stage.Stage}.{task.Id}"
                    : null,
            };
            tasks.Add(Add(inStage, at));
            (adopted is null ? names : _main).Add(tasks[^1]);
        }

        // The tasks of a sequential stage go on after a failure only if nothing depends on it: the first failure stops the stage.
        var block = Block(tasks, stage.Parallel ? null : 1, stopsAtFailure: workflow.FailFast || !stage.Parallel);
        planned.Phases = [new PlannedPhase(PhaseKind.Own, block), .. StageHooks(planned, stage, orchestration)];
        return planned;
    }

    // A stage with exactly one agent gives it to tasks that name nothing to execute.
    private static TaskDefinition WithStageAgent(TaskDefinition task, StageDefinition stage) =>
        task is { Kind: TaskKind.None, Subtasks.Count: 0 } && stage.Agents is [var only] ? task with { Agent = only } : task;

    private IEnumerable<string> MembersOf(TaskGroupDefinition group) =>
        group.Tasks.Concat(workflow.Tasks.Values.Where(task => task.Group == group.Id).Select(task => task.Id)).Distinct();

    private bool HasMembers(TaskGroupDefinition group) =>
        MembersOf(group).Any(workflow.Tasks.ContainsKey) || InnerGroups(group).Any();

    private IEnumerable<TaskGroupDefinition> InnerGroups(TaskGroupDefinition group) => GroupsInside()[group.Id];

    private string? GroupAround(TaskGroupDefinition group) => GroupsAround().GetValueOrDefault(group.Id);

    private ILookup<string, TaskGroupDefinition> GroupsInside() => _groupsInside ??= workflow.TaskGroups.Values
        .Where(inner => GroupAround(inner) is not null)
        .ToLookup(inner => GroupAround(inner)!, StringComparer.Ordinal);

    // Groups that stand inside themselves, by parent or by the list of another, stand at the top instead: none may be left out, since its
    // members run nowhere else.
    private Dictionary<string, string> GroupsAround()
    {
        if (_groupsAround is not null)
        {
            return _groupsAround;
        }

        var around = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (id, group) in workflow.TaskGroups)
        {
            if (group.Parent is { } parent && workflow.TaskGroups.ContainsKey(parent))
            {
                around[id] = parent;
            }
        }

        foreach (var (id, group) in workflow.TaskGroups)
        {
            foreach (var inner in group.Groups.Where(inner => workflow.TaskGroups.GetValueOrDefault(inner) is { Parent: null }))
            {
                around.TryAdd(inner, id);
            }
        }

        List<int>?[] edges = [.. workflow.TaskGroups.Keys.Select(_ => (List<int>?)null)];
        string[] ids = [.. workflow.TaskGroups.Keys];
        var numbers = ids.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
        foreach (var (inner, outer) in around)
        {
            edges[numbers[inner]] = [numbers[outer]];
        }

        // Each group has one around it at most, so no group is in two circles.
        foreach (var id in CycleSearch.Find(edges).SelectMany(circle => circle).Select(number => ids[number]).ToList())
        {
            around.Remove(id);
        }

        return _groupsAround = around;
    }

    private PlannedTask AddGroup(TaskGroupDefinition group, TaskPlace place)
    {
        var definition = new TaskDefinition
        {
            Id = group.Id,
            Description = group.Description ?? $"Task group {group.Id}",
            If = group.Condition,
            Inputs = group.Inputs,
            Outputs = group.Outputs,
            TimeoutSecs = group.TimeoutSecs,
            ContinueOnError = group.OnError == "continue",
        };
        var planned = Register(
            definition, TaskShape.Group,
            place with { Segment = $"group:{group.Id}", IsTransparent = true, IsAuthored = false });
        _groups.TryAdd(group.Id, planned);
        List<PlannedTask> tasks = [];
        foreach (var id in MembersOf(group).Where(id => workflow.Tasks.ContainsKey(id) && !_paths.Contains(id)))
        {
            tasks.Add(Add(workflow.Tasks[id], new TaskPlace(planned, 0, tasks.Count, _main) { IsTopNamed = true }));
        }

        foreach (var inner in InnerGroups(group).Where(HasMembers))
        {
            tasks.Add(AddGroup(inner, new TaskPlace(planned, 0, tasks.Count, _main)));
        }

        _groupOrders.AddRange(group.DependsOn.Select(name => (planned, name)));
        var atOnce = group.ExecutionMode == "sequential" ? 1 : group.MaxConcurrency;
        planned.Phases = [new PlannedPhase(PhaseKind.Own, Block(tasks, atOnce, workflow.FailFast || group.OnError != "continue"))];
        return planned;
    }
}
