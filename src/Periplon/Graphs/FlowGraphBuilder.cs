using Periplon.Commands;
using Periplon.Core.Workflows;
using Periplon.Plans;

namespace Periplon.Graphs;

/// <summary>
/// Makes the picture of a workflow. A task that holds others is a frame around them, with the task itself inside when it does something;
/// task groups, stages and handlers are frames too.
/// </summary>
internal sealed class FlowGraphBuilder
{
    private static readonly Dictionary<string, string> NoKeys = [];

    private readonly WorkflowDefinition _workflow;
    private readonly List<FlowEdge> _edges = [];
    private readonly HashSet<string> _openSubflows = new(StringComparer.Ordinal);
    private int _count;

    private FlowGraphBuilder(WorkflowDefinition workflow) => _workflow = workflow;

    /// <summary>Makes the picture of a workflow without errors.</summary>
    public static FlowGraph Build(WorkflowDefinition workflow)
    {
        var builder = new FlowGraphBuilder(workflow);
        var root = new FlowCluster("", "");
        builder.AddTasks(root);
        foreach (var orchestration in workflow.Workflows.Values.Where(each => each.Steps.Count > 0))
        {
            builder.AddStages(root, orchestration);
        }

        builder.AddFrame(root, "on failure", workflow.OnFailure.Values);
        builder.AddFrame(root, "at the end", workflow.Finally.Values);
        return new FlowGraph($"{workflow.Name} {workflow.Version}", root, builder._edges);
    }

    private void AddTasks(FlowCluster root)
    {
        var frames = new Dictionary<string, FlowCluster>(StringComparer.Ordinal);
        var homes = new Dictionary<string, FlowCluster>(StringComparer.Ordinal);
        var inside = _workflow.TaskGroups.Values
            .SelectMany(group => TaskGroups.ChildrenOf(_workflow, group)).ToHashSet(StringComparer.Ordinal);
        foreach (var group in _workflow.TaskGroups.Values.Where(group => !inside.Contains(group.Id)))
        {
            AddGroup(root, group, frames, homes);
        }

        var after = TaskOrder.OfList([.. _workflow.Tasks.Values]).ToDictionary(pair => pair.Key, pair => pair.Value.ToList());
        foreach (var members in _workflow.TaskGroups.Values.Where(group => group.ExecutionMode == "sequential")
            .Select(group => TaskGroups.DirectMembersOf(_workflow, group)))
        {
            foreach (var (before, next) in members.Zip(members.Skip(1)).Where(pair => !after[pair.Second].Contains(pair.First)))
            {
                after[next].Add(before);
            }
        }

        var keys = AddLevel(
            task => homes.GetValueOrDefault(task.Id, root), _workflow.Tasks.Values, id => after[id], NoKeys);
        foreach (var group in _workflow.TaskGroups.Values.Where(group => frames.TryGetValue(group.Id, out var frame) && !frame.IsEmpty))
        {
            foreach (var name in group.DependsOn)
            {
                var from = frames.TryGetValue(name, out var frame) && !frame.IsEmpty ? frame.Key : keys.GetValueOrDefault(name);
                AddEdge(from, frames[group.Id].Key, group.Condition is { } condition ? "if " + condition : "");
            }
        }
    }

    private void AddGroup(
        FlowCluster parent, TaskGroupDefinition group, Dictionary<string, FlowCluster> frames, Dictionary<string, FlowCluster> homes)
    {
        if (frames.ContainsKey(group.Id))
        {
            return;
        }

        var frame = new FlowCluster(NextKey(), $"group {group.Id}");
        frames.Add(group.Id, frame);
        parent.Clusters.Add(frame);
        foreach (var inner in TaskGroups.ChildrenOf(_workflow, group))
        {
            AddGroup(frame, _workflow.TaskGroups[inner], frames, homes);
        }

        foreach (var member in TaskGroups.DirectMembersOf(_workflow, group))
        {
            homes.TryAdd(member, frame);
        }
    }

    private void AddStages(FlowCluster root, OrchestrationDefinition orchestration)
    {
        var home = new FlowCluster(NextKey(), orchestration.Id);
        root.Clusters.Add(home);
        var stages = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var stage in orchestration.Steps)
        {
            var frame = new FlowCluster(NextKey(), $"stage {stage.Stage}");
            home.Clusters.Add(frame);
            var after = TaskOrder.OfList(stage.Tasks, oneByOne: !stage.Parallel);
            AddLevel(_ => frame, stage.Tasks, id => after[id], NoKeys);
            if (!frame.IsEmpty)
            {
                stages.TryAdd(stage.Stage, frame.Key);
            }
        }

        foreach (var stage in orchestration.Steps)
        {
            foreach (var before in stage.DependsOn)
            {
                AddEdge(stages.GetValueOrDefault(before), stages.GetValueOrDefault(stage.Stage), "");
            }
        }
    }

    private void AddFrame(FlowCluster parent, string title, IEnumerable<TaskDefinition> tasks)
    {
        var frame = new FlowCluster(NextKey(), title);
        AddLevel(_ => frame, tasks, id => tasks.First(task => task.Id == id).DependsOn, NoKeys);
        if (!frame.IsEmpty)
        {
            parent.Clusters.Add(frame);
        }
    }

    /// <summary>Adds tasks that stand beside one another, and the arrows between them; gives their keys by id.</summary>
    /// <param name="home">The frame of a task.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="after">What a task waits for.</param>
    /// <param name="outer">Keys of the tasks around them, by dotted id.</param>
    private Dictionary<string, string> AddLevel(
        Func<TaskDefinition, FlowCluster> home, IEnumerable<TaskDefinition> tasks, Func<string, IEnumerable<string>> after,
        IReadOnlyDictionary<string, string> outer)
    {
        var keys = new Dictionary<string, string>(outer, StringComparer.Ordinal);
        var list = tasks.DistinctBy(task => task.Id).ToArray();
        var own = list.Select(task => (Task: task, Key: NextKey())).ToArray();
        foreach (var (task, key) in own)
        {
            keys[task.Id] = key;
        }

        foreach (var (task, key) in own)
        {
            AddTask(home(task), task, key, keys);
        }

        foreach (var (task, key) in own)
        {
            var condition = ConditionText.Of(task) is { } text ? "if " + text : "";
            foreach (var name in after(task.Id).Distinct())
            {
                AddEdge(keys.GetValueOrDefault(name), key, condition);
            }
        }

        return keys;
    }

    private void AddTask(FlowCluster home, TaskDefinition task, string key, Dictionary<string, string> keys)
    {
        if (!HoldsOthers(task))
        {
            home.Nodes.Add(new FlowNode(key, Label(task), ShapeOf(task)));
            return;
        }

        var frame = new FlowCluster(key, string.Join(", ", Label(task)));
        home.Clusters.Add(frame);
        var self = task.Kind is TaskKind.None ? null : NextKey();
        if (self is not null)
        {
            frame.Nodes.Add(new FlowNode(self, [task.Id, WorkflowList.KindOf(task)], ShapeOf(task)));
        }

        AddInner(frame, self, task.Subtasks, "", false, keys, task.Id);
        foreach (var (text, tasks) in task.Switch?.Cases ?? new Dictionary<string, IReadOnlyList<TaskDefinition>>())
        {
            AddInner(frame, self, tasks, text, false, keys, task.Id);
        }

        AddInner(frame, self, task.Switch?.Default ?? [], "otherwise", false, keys, task.Id);
        if (task.Subflow is { } id && _workflow.Subflows.TryGetValue(id, out var subflow) && _openSubflows.Add(id))
        {
            AddInner(frame, self, [.. subflow.Tasks.Values], "", false, [], "");
            _openSubflows.Remove(id);
        }

        AddInner(frame, self, [.. task.OnFailure.Values], "on failure", true, keys, "");
        AddInner(frame, self, [.. task.Finally.Values], "at the end", true, keys, "");
    }

    private void AddInner(
        FlowCluster frame, string? self, IReadOnlyList<TaskDefinition> tasks, string label, bool dashed, Dictionary<string, string> keys,
        string id)
    {
        // Without a node of its own a task has nothing that an arrow could begin at; the frame's title then says what is in it.
        var home = frame;
        if (self is null && label.Length > 0 && tasks.Count > 0)
        {
            home = new FlowCluster(NextKey(), label);
            frame.Clusters.Add(home);
        }

        var after = TaskOrder.OfList(tasks);
        var inner = AddLevel(_ => home, tasks, name => after[name], keys);
        foreach (var task in tasks.DistinctBy(task => task.Id))
        {
            if (id.Length > 0)
            {
                keys.TryAdd($"{id}.{task.Id}", inner[task.Id]);
            }

            if (self is not null && after[task.Id].Count == 0)
            {
                AddEdge(self, inner[task.Id], label, dashed);
            }
        }
    }

    private void AddEdge(string? from, string? to, string label, bool dashed = false)
    {
        if (from is not null && to is not null && from != to)
        {
            _edges.Add(new FlowEdge(from, to, label, dashed));
        }
    }

    private static List<string> Label(TaskDefinition task)
    {
        List<string> lines = [task.Id];
        if (task.Kind is not TaskKind.None)
        {
            lines.Add(task.Kind is TaskKind.Agent ? $"agent {task.Agent}" : WorkflowList.KindOf(task));
        }

        if (LoopWords.Of(task) is { } loop)
        {
            lines.Add(loop);
        }

        if (task.DependsOn.Count == 0 && ConditionText.Of(task) is { } condition)
        {
            lines.Add("if " + condition);
        }

        return lines;
    }

    private bool HoldsOthers(TaskDefinition task) =>
        task.Subtasks.Count > 0 || task.OnFailure.Count > 0 || task.Finally.Count > 0
        || (task.Switch is { } branch && (branch.Default.Count > 0 || branch.Cases.Values.Any(tasks => tasks.Count > 0)))
        || (task.Subflow is { } id && !_openSubflows.Contains(id)
            && _workflow.Subflows.TryGetValue(id, out var subflow) && subflow.Tasks.Count > 0);

    private static FlowShape ShapeOf(TaskDefinition task) => task switch
    {
        { Kind: TaskKind.Switch } => FlowShape.Choice,
        { Loop: not null } or { Matrix: not null } => FlowShape.Loop,
        { Kind: TaskKind.Sleep or TaskKind.WaitFor or TaskKind.Approval } => FlowShape.Wait,
        _ => FlowShape.Work,
    };

    private string NextKey() => $"n{++_count}";
}
