using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Every task of a file as one flat list, however deep it is declared; nothing that walks it needs recursion.</summary>
internal sealed class TaskTree
{
    /// <summary>How deep tasks may be nested. Far beyond any real file; it bounds the length of paths and of the walk.</summary>
    internal const int MaxDepth = 64;

    private readonly List<TaskNode> _nodes = [];

    private TaskTree(TaskRealm main) => Main = main;

    /// <summary>All tasks, outer ones before inner ones.</summary>
    internal IReadOnlyList<TaskNode> Nodes => _nodes;

    internal TaskRealm Main { get; }

    internal static TaskTree Of(WorkflowDefinition workflow, ValidationReport report)
    {
        var tree = new TaskTree(new TaskRealm(TaskRealmKind.Main, workflow.Agents, outer: null, subflow: null));
        tree.AddMap(workflow.Tasks, "tasks", tree.Main, TaskPlace.TopLevel, tree.Main.Roots);
        tree.AddMap(workflow.OnFailure, "on_failure", tree.Main, TaskPlace.Handler, []);
        tree.AddMap(workflow.Finally, "finally", tree.Main, TaskPlace.Handler, []);
        foreach (var (id, subflow) in workflow.Subflows)
        {
            var realm = new TaskRealm(TaskRealmKind.Subflow, subflow.Agents, outer: null, subflow);
            tree.AddMap(subflow.Tasks, $"subflows.{id}.tasks", realm, TaskPlace.TopLevel, realm.Roots);
        }

        foreach (var (id, orchestration) in workflow.Workflows)
        {
            tree.AddStages(id, orchestration, workflow.Agents);
        }

        tree.AddInnerTasks(report);
        return tree;
    }

    /// <summary>Finds a task by its dotted id from the top of a realm.</summary>
    internal static TaskNode? FindFromTop(TaskRealm? realm, string name)
    {
        for (; realm is not null; realm = realm.Outer)
        {
            if (realm.Roots.TryGetValue(name, out var root) || TryWalk(realm.Roots, name, out root))
            {
                return root;
            }
        }

        return null;
    }

    private static bool TryWalk(Dictionary<string, TaskNode> roots, string name, out TaskNode? found)
    {
        found = null;
        var level = roots;
        foreach (var segment in name.Split('.'))
        {
            if (!level.TryGetValue(segment, out found))
            {
                return false;
            }

            level = found.Children;
        }

        return true;
    }

    private void AddMap(
        IReadOnlyDictionary<string, TaskDefinition> tasks,
        string path,
        TaskRealm realm,
        TaskPlace place,
        Dictionary<string, TaskNode> siblings)
    {
        foreach (var (id, task) in tasks)
        {
            Add(task, null, realm, place, $"{path}.{id}", siblings);
        }
    }

    private void AddStages(string id, OrchestrationDefinition orchestration, IReadOnlyDictionary<string, AgentDefinition> agents)
    {
        var realm = new TaskRealm(TaskRealmKind.Stages, agents, Main, subflow: null);
        for (var step = 0; step < orchestration.Steps.Count; step++)
        {
            foreach (var task in orchestration.Steps[step].Tasks)
            {
                Add(task, null, realm, TaskPlace.TopLevel, $"workflows.{id}.steps[{step}].tasks.{task.Id}", realm.Roots);
            }
        }
    }

    private void AddInnerTasks(ValidationReport report)
    {
        // The list grows while it is walked: each task adds the tasks declared inside it behind all others.
        for (var i = 0; i < _nodes.Count; i++)
        {
            var node = _nodes[i];
            if (!HasInnerTasks(node.Task))
            {
                continue;
            }

            if (node.Depth >= MaxDepth)
            {
                report.Error(
                    ValidationCodes.NestingTooDeep,
                    node.Path,
                    $"Task '{node.Task.Id}' holds tasks more than {MaxDepth} levels deep.",
                    $"Nest at most {MaxDepth} levels; the tasks further inside are not checked.");
                continue;
            }

            AddInner(node);
        }
    }

    private void AddInner(TaskNode node)
    {
        var task = node.Task;
        AddList(task.Subtasks, node, ".subtasks");
        foreach (var (text, tasks) in task.Switch?.Cases ?? new Dictionary<string, IReadOnlyList<TaskDefinition>>())
        {
            AddList(tasks, node, $".switch.cases.{text}");
        }

        AddList(task.Switch?.Default ?? [], node, ".switch.default");
        AddHandlers(task.OnFailure, node, ".on_failure");
        AddHandlers(task.Finally, node, ".finally");
    }

    private static bool HasInnerTasks(TaskDefinition task) =>
        task.Subtasks.Count > 0 || task.Switch is not null || task.OnFailure.Count > 0 || task.Finally.Count > 0;

    private void AddList(IReadOnlyList<TaskDefinition> tasks, TaskNode parent, string segment)
    {
        foreach (var task in tasks)
        {
            Add(task, parent, parent.Realm, TaskPlace.Subtask, $"{segment}.{task.Id}", parent.Children);
        }
    }

    private void AddHandlers(IReadOnlyDictionary<string, TaskDefinition> tasks, TaskNode parent, string segment)
    {
        Dictionary<string, TaskNode> siblings = [];
        foreach (var (id, task) in tasks)
        {
            Add(task, parent, parent.Realm, TaskPlace.Handler, $"{segment}.{id}", siblings);
        }
    }

    private void Add(
        TaskDefinition task, TaskNode? parent, TaskRealm realm, TaskPlace place, string segment, Dictionary<string, TaskNode> siblings)
    {
        var node = new TaskNode(task, parent, realm, place, segment, siblings) { Index = _nodes.Count };
        _nodes.Add(node);

        // A repeated id keeps its first task; the parser reports the repetition.
        siblings.TryAdd(task.Id, node);
    }
}
