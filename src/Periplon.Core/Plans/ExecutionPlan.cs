using System.Collections.Immutable;
using System.Text;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>
/// A definition made ready to be executed: the tree of its tasks, with stages, task groups, hooks, handlers and notifications as parts of
/// it, and all edges. Immutable, shared by all executions of a revision.
/// </summary>
public sealed class ExecutionPlan
{
    private readonly Dictionary<string, PlannedTask> _byPath;

    internal ExecutionPlan(WorkflowDefinition workflow, PlannedTask root, IEnumerable<PlannedTask> tasks)
    {
        Workflow = workflow;
        Root = root;
        Tasks = [.. tasks];
        _byPath = new Dictionary<string, PlannedTask>(Tasks.Length, StringComparer.Ordinal);
        foreach (var task in Tasks)
        {
            // A repeated path keeps its first task; the validator reports the repetition.
            _byPath.TryAdd(task.Path, task);
        }
    }

    /// <summary>The definition.</summary>
    public WorkflowDefinition Workflow { get; }

    /// <summary>The workflow itself: the task that holds all others. Its path is empty.</summary>
    public PlannedTask Root { get; }

    /// <summary>All tasks below the root, outer ones before inner ones, the templates of iterations included.</summary>
    public ImmutableArray<PlannedTask> Tasks { get; }

    /// <summary>Compiles a definition. Unknown dependencies are left out: the validator refuses them before.</summary>
    /// <param name="workflow">A valid, expanded definition.</param>
    public static ExecutionPlan Compile(WorkflowDefinition workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return new PlanCompiler(workflow).Compile();
    }

    /// <summary>Finds a task by the path of any of its instances, such as <c>build</c>, <c>parent.child</c> or
    /// <c>loop[3].child</c>.</summary>
    /// <param name="path">The path; empty for the root.</param>
    public PlannedTask? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.Length == 0 ? Root
            : _byPath.TryGetValue(path, out var task) ? task
            : path.Contains('[', StringComparison.Ordinal) ? _byPath.GetValueOrDefault(WithoutIndexes(path))
            : null;
    }

    // "a[12].b" is an instance of the template "a[].b".
    private static string WithoutIndexes(string path)
    {
        var text = new StringBuilder(path.Length);
        var depth = 0;
        foreach (var c in path)
        {
            depth += c == ']' ? -1 : 0;
            if (depth == 0 || !char.IsAsciiDigit(c))
            {
                text.Append(c);
            }

            depth += c == '[' ? 1 : 0;
        }

        return text.ToString();
    }
}
