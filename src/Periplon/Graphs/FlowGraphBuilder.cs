using Periplon.Commands;
using Periplon.Core.Plans;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Plans;

namespace Periplon.Graphs;

/// <summary>
/// Makes the picture of a workflow. A task that holds others is a frame around them, with the task itself inside when it does something;
/// task groups, stages, hooks and handlers are frames too.
/// </summary>
internal sealed class FlowGraphBuilder
{
    private readonly WorkflowDefinition _workflow;
    private readonly List<FlowEdge> _edges = [];
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<PlannedTask, string> _keys = [];
    private int _count;

    private FlowGraphBuilder(WorkflowDefinition workflow) => _workflow = workflow;

    /// <summary>Makes the picture of a workflow without errors.</summary>
    public static FlowGraph Build(WorkflowDefinition workflow)
    {
        var builder = new FlowGraphBuilder(workflow);
        var root = new FlowCluster("", "");
        builder.AddPlan(root, ExecutionPlan.Compile(workflow), null);
        return new FlowGraph($"{workflow.Name} {workflow.Version}", root, builder._edges);
    }

    /// <summary>Adds what a plan holds, in the order in which it runs, and the arrows of its order.</summary>
    /// <param name="home">The frame around it.</param>
    /// <param name="plan">The plan of the workflow or of a subflow.</param>
    /// <param name="caller">Key of the task that runs it; null for the workflow.</param>
    private void AddPlan(FlowCluster home, ExecutionPlan plan, string? caller)
    {
        AddHooks(home, plan.Root, PhaseKind.Before);
        AddBlock(home, (plan.Root.OwnBlock?.Tasks ?? []).Where(task => !PlanOrder.IsStage(task)), caller, "", false);
        foreach (var stages in PlanOrder.StagesOf(plan).GroupBy(each => each.Workflow, each => each.Stage))
        {
            var frame = Frame(home, stages.Key);
            foreach (var stage in stages)
            {
                var inner = Frame(frame, $"stage {stage.Id}");
                AddBlock(inner, stage.OwnBlock?.Tasks ?? [], null, "", false);
                AddHooks(inner, stage, PhaseKind.After);
                Know(stage, inner);
            }
        }

        foreach (var phase in plan.Root.Phases.Where(phase => phase.Kind is PhaseKind.OnFailure or PhaseKind.Finally))
        {
            AddBlock(Frame(home, Title(phase)), phase.Block!.Tasks, null, "", false);
        }

        AddHooks(home, plan.Root, PhaseKind.After);
        var order = new PlanOrder(plan);
        foreach (var task in plan.Tasks.Where(_keys.ContainsKey))
        {
            var condition = ConditionText.Of(PlanOrder.DefinitionOf(task)) is { } text ? "if " + text : "";
            foreach (var before in order.DirectlyBefore(task))
            {
                AddEdge(_keys.GetValueOrDefault(before), _keys[task], condition);
            }
        }
    }

    private void AddHooks(FlowCluster home, PlannedTask task, PhaseKind kind)
    {
        foreach (var block in PlanOrder.HooksOf(task, kind))
        {
            var frame = Frame(home, $"hooks {PlanOrder.HookName(block)}");
            foreach (var hook in block.Tasks)
            {
                _keys[hook] = NextKey();
                frame.Nodes.Add(new FlowNode(_keys[hook], [Counted.FirstLine(hook.Definition.Description)], FlowShape.Work));
            }
        }
    }

    /// <summary>Adds tasks that stand beside one another, with arrows from the task around them to those that begin.</summary>
    private void AddBlock(FlowCluster home, IEnumerable<PlannedTask> tasks, string? self, string label, bool dashed)
    {
        var list = tasks.ToArray();
        foreach (var task in list.Where(task => !PlanOrder.IsTaskGroup(task)))
        {
            _keys[task] = NextKey();
        }

        foreach (var task in list)
        {
            if (PlanOrder.IsTaskGroup(task))
            {
                var frame = Frame(home, $"group {task.Id}");
                AddBlock(frame, task.OwnBlock?.Tasks ?? [], null, "", false);
                Know(task, frame);
            }
            else
            {
                AddTask(home, task);
            }

            if (self is not null && task.DependsOn.Length == 0)
            {
                AddEdge(self, _keys.GetValueOrDefault(task), label, dashed);
            }
        }
    }

    private void AddTask(FlowCluster home, PlannedTask task)
    {
        var inner = PlanOrder.Innermost(task);
        var definition = PlanOrder.DefinitionOf(task);
        if (!HoldsOthers(task, inner))
        {
            home.Nodes.Add(new FlowNode(_keys[task], Label(definition), ShapeOf(definition)));
            return;
        }

        var frame = new FlowCluster(_keys[task], string.Join(", ", Label(definition)));
        home.Clusters.Add(frame);
        var self = definition.Kind is TaskKind.None ? null : NextKey();
        if (self is not null)
        {
            frame.Nodes.Add(new FlowNode(self, [task.Id, WorkflowList.KindOf(definition)], ShapeOf(definition)));
        }

        var isSwitch = inner.Shape is TaskShape.Switch;
        foreach (var text in isSwitch ? inner.Definition.Switch!.Cases.Keys : [])
        {
            AddInner(frame, self, inner.Cases[text].Tasks, text, false);
        }

        AddInner(frame, self, inner.OwnBlock?.Tasks ?? [], isSwitch ? "otherwise" : "", false);
        if (inner.Definition.Subflow is { } id && _workflow.Subflows.ContainsKey(id) && _open.Add(id))
        {
            AddPlan(frame, ExecutionPlan.Compile(Subflows.DefinitionOf(_workflow, id)), self);
            _open.Remove(id);
        }

        foreach (var phase in task.Phases.Where(phase => phase is { Kind: PhaseKind.OnFailure or PhaseKind.Finally, Block: not null }))
        {
            AddInner(frame, self, phase.Block!.Tasks, Title(phase), true);
        }
    }

    private void AddInner(FlowCluster frame, string? self, IReadOnlyList<PlannedTask> tasks, string label, bool dashed)
    {
        // Without a node of its own a task has nothing that an arrow could begin at; the frame's title then says what is in it.
        var home = self is null && label.Length > 0 && tasks.Count > 0 ? Frame(frame, label) : frame;
        AddBlock(home, tasks, self, label, dashed);
    }

    private FlowCluster Frame(FlowCluster parent, string title)
    {
        var frame = new FlowCluster(NextKey(), title);
        parent.Clusters.Add(frame);
        return frame;
    }

    // Nothing is drawn of an empty frame, so no arrow may lead to it.
    private void Know(PlannedTask task, FlowCluster frame)
    {
        if (!frame.IsEmpty)
        {
            _keys[task] = frame.Key;
        }
    }

    private static string Title(PlannedPhase phase) => phase.Kind is PhaseKind.Finally ? "at the end" : "on failure";

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

    private bool HoldsOthers(PlannedTask task, PlannedTask inner) =>
        inner.OwnBlock is { Tasks.Length: > 0 } || inner.Cases.Values.Any(block => block.Tasks.Length > 0)
        || task.Phases.Any(phase => phase is { Kind: PhaseKind.OnFailure or PhaseKind.Finally, Block: not null })
        || (inner.Definition.Subflow is { } id && !_open.Contains(id)
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
