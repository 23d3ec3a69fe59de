using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>What a reference can mean at a place of the file (design §8.3).</summary>
internal sealed class KnownNames
{
    private static readonly string[] LoopMembers = ["item", "index", "iteration", "parent"];
    private static readonly string[] HttpOutputs = ["status_code", "headers", "json"];
    private static readonly string[] ApprovalOutputs = ["approved", "by", "comment"];
    private static readonly string[] WorkflowMembers = ["name", "version"];
    private static readonly string[] TaskMembers = ["output", "outputs", "status", "error", "exit_code"];

    private readonly ValidationContext _context;
    private readonly HashSet<string> _workflowNames;
    private readonly HashSet<string> _agentNames;
    private readonly HashSet<string> _subflowNames;
    private readonly HashSet<string> _taskInputs;

    internal KnownNames(ValidationContext context)
    {
        _context = context;
        var workflow = context.Workflow;
        _workflowNames = [.. workflow.Inputs.Keys, .. workflow.Outputs.Keys];
        var agents = workflow.Agents.Values.Concat(workflow.Subflows.Values.SelectMany(subflow => subflow.Agents.Values));
        _agentNames = [.. agents.SelectMany(agent => agent.Inputs.Keys)];
        _taskInputs = [.. context.Tree.Nodes.SelectMany(node => node.Task.Inputs.Keys)];
        _subflowNames = [.. workflow.Subflows.Values.SelectMany(subflow => subflow.Inputs.Keys)];
    }

    /// <summary>Names that the scope of a reference would have known, for a hint.</summary>
    internal IEnumerable<string> InScope(string scope, TaskNode? node) => scope switch
    {
        "workflow" => _workflowNames,
        "input" => node?.Realm.Subflow?.Inputs.Keys ?? _context.Workflow.Inputs.Keys,
        "secret" => _context.Workflow.Secrets.Keys,
        "group" => _context.Workflow.TaskGroups.Keys,
        "agent" => _agentNames,
        "subflow" => _subflowNames,
        "task" => node is null ? _context.Tree.Main.Roots.Keys : OwnNames(node).Concat(node.VisibleNames()),
        "loop" => LoopMembers,
        "matrix" => node is null ? [] : Around(node).SelectMany(AxesOf),
        _ => [],
    };

    /// <summary>Whether a name without a scope is known.</summary>
    internal bool IsKnown(string name, TaskNode? node) =>
        _workflowNames.Contains(name)
        || _agentNames.Contains(name)
        || _subflowNames.Contains(name)
        || (node is not null && IsOwn(name, node));

    /// <summary>Whether a reference into a scope leads somewhere.</summary>
    internal bool IsKnown(ReferencePath reference, TaskNode? node)
    {
        // An index right behind the scope names nothing.
        if (reference.Segments[1].Name is not { } name)
        {
            return false;
        }

        var workflow = _context.Workflow;
        return reference.Root switch
        {
            "workflow" => _workflowNames.Contains(name) || IsSubflowName(name, node) || WorkflowMembers.Contains(name),
            "input" => workflow.Inputs.ContainsKey(name) || IsSubflowName(name, node),
            "agent" => _agentNames.Contains(name) || workflow.Agents.ContainsKey(name),
            "subflow" => _subflowNames.Contains(name) || workflow.Subflows.ContainsKey(name),
            "group" => workflow.TaskGroups.ContainsKey(name) || IsGroupInput(name, node),
            "secret" => workflow.Secrets.ContainsKey(name),
            "loop" => IsLoopName(name, node),
            "matrix" => node is not null && Around(node).SelectMany(AxesOf).Contains(name),
            "task" => (node is not null && (IsOwn(name, node) || TaskMembers.Contains(name))) || IsTaskMember(reference, node)
                // The texts of an agent are filled in for the task that it does.
                || (node is null && _taskInputs.Contains(name)),

            // What these hold is known only when the workflow runs.
            _ => true,
        };
    }

    /// <summary>Whether a reference names a task and a member that tasks do not have.</summary>
    internal bool NamesTask(ReferencePath reference, TaskNode? node) => FindTask(reference, node, out _) is not null;

    private static bool IsSubflowName(string name, TaskNode? node) =>
        node?.Realm.Subflow is { } subflow && (subflow.Inputs.ContainsKey(name) || subflow.Outputs.ContainsKey(name));

    // Members, what is inside them and the groups inside a group see its inputs without its id.
    private bool IsGroupInput(string name, TaskNode? node)
    {
        var top = node;
        while (top?.Parent is { } parent)
        {
            top = parent;
        }

        if (top is null)
        {
            return false;
        }

        var groups = _context.Workflow.TaskGroups;
        var open = new Stack<TaskGroupDefinition>(
            groups.Values.Where(group => group.Id == top.Task.Group || group.Tasks.Contains(top.Task.Id)));
        HashSet<string> seen = [];
        while (open.TryPop(out var group))
        {
            if (group.Inputs.ContainsKey(name))
            {
                return true;
            }

            if (seen.Add(group.Id))
            {
                foreach (var outer in groups.Values.Where(outer => outer.Id == group.Parent || outer.Groups.Contains(group.Id)))
                {
                    open.Push(outer);
                }
            }
        }

        return false;
    }

    private bool IsTaskMember(ReferencePath reference, TaskNode? node)
    {
        if (FindTask(reference, node, out var used) is not { } task || used >= reference.Segments.Count)
        {
            return false;
        }

        return reference.Segments[used].Name is { } member
            && (TaskMembers.Contains(member) || IsOutput(member, task.Task))
            && (member != "outputs" || used + 1 >= reference.Segments.Count
                || (reference.Segments[used + 1].Name is { } name && IsOutput(name, task.Task)));
    }

    // A program or answer whose task declares no outputs may still set some while it runs, with ::set-output lines.
    private bool IsOutput(string name, TaskDefinition task) =>
        task.Outputs.ContainsKey(name)
        || (name == "results" && task.LoopControl is not null)
        || task.Kind switch
        {
            TaskKind.Script or TaskKind.Command or TaskKind.Llm or TaskKind.Agent => task.Outputs.Count == 0,
            TaskKind.Http => HttpOutputs.Contains(name),
            TaskKind.WaitFor => name == "payload",
            TaskKind.Approval => ApprovalOutputs.Contains(name),
            // What a fetched or predefined definition gives is known only when it is there.
            TaskKind.Subflow => !_context.Workflow.Subflows.TryGetValue(task.Subflow!, out var subflow)
                || subflow.Source is not null || subflow.Outputs.ContainsKey(name),
            TaskKind.Uses or TaskKind.Embed or TaskKind.UsesWorkflow => true,
            _ => false,
        };

    /// <summary>The task that the segments behind <c>task</c> name, a subtask by the ids on the way to it.</summary>
    private TaskNode? FindTask(ReferencePath reference, TaskNode? node, out int used)
    {
        used = 1;
        if (reference.Segments[1].Name is not { } first)
        {
            return null;
        }

        var task = node is null ? TaskTree.FindFromTop(_context.Tree.Main, first) : node.Resolve(first);
        for (used = 2; task is not null && used < reference.Segments.Count; used++)
        {
            // One iteration of a loop: task.name[2].
            if (reference.Segments[used].IsIndex && (task.Task.Loop is not null || task.Task.Matrix is not null))
            {
                continue;
            }

            if (reference.Segments[used].Name is not { } next || !task.Children.TryGetValue(next, out var child))
            {
                break;
            }

            task = child;
        }

        return task;
    }

    // Tasks inside a loop or a group see what surrounds them.
    private static bool IsOwn(string name, TaskNode node)
    {
        for (var at = node; at is not null; at = at.Parent)
        {
            if (at.Task.Inputs.ContainsKey(name) || at.Task.Outputs.ContainsKey(name) || IsLoopVariable(name, at.Task))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> AxesOf(TaskDefinition task) =>
        task.Matrix is { } matrix ? matrix.Axes.Keys.Concat(matrix.Include.SelectMany(added => added.Keys)) : [];

    private static IEnumerable<TaskDefinition> Around(TaskNode node)
    {
        for (var at = node; at is not null; at = at.Parent)
        {
            yield return at.Task;
        }
    }

    private static IEnumerable<string> OwnNames(TaskNode node) => node.Task.Inputs.Keys.Concat(node.Task.Outputs.Keys);

    private static bool IsLoopName(string name, TaskNode? node)
    {
        for (var at = node; at is not null; at = at.Parent)
        {
            if ((at.Task.Loop is not null || at.Task.Matrix is not null) && (LoopMembers.Contains(name) || IsLoopVariable(name, at.Task)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLoopVariable(string name, TaskDefinition task)
    {
        if (AxesOf(task).Contains(name))
        {
            return true;
        }

        var variable = task.Loop switch
        {
            LoopDefinition.ForEach loop => loop.Iterator,
            LoopDefinition.Repeat loop => loop.Iterator,
            LoopDefinition.While loop => loop.IterationVariable,
            LoopDefinition.RepeatUntil loop => loop.IterationVariable,
            _ => null,
        };
        return task.Loop is not null && (name == variable || name is "iteration" or "loop_index");
    }
}
