using System.Collections.Immutable;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>
/// A definition made ready to be executed: tasks with their edges both ways. Immutable, shared by all executions of a revision.
/// </summary>
public sealed class ExecutionPlan
{
    private readonly Dictionary<string, PlannedTask> _byPath;

    private ExecutionPlan(WorkflowDefinition workflow, ImmutableArray<PlannedTask> tasks)
    {
        Workflow = workflow;
        Tasks = tasks;
        _byPath = tasks.ToDictionary(t => t.Path, StringComparer.Ordinal);
        Roots = [.. tasks.Where(t => t.DependsOn.IsEmpty).Select(t => t.Rank)];
    }

    /// <summary>The definition.</summary>
    public WorkflowDefinition Workflow { get; }

    /// <summary>All tasks, in declaration order.</summary>
    public ImmutableArray<PlannedTask> Tasks { get; }

    /// <summary>The tasks without dependencies.</summary>
    public ImmutableSortedSet<TaskRank> Roots { get; }

    /// <summary>Compiles a definition. Unknown dependencies are left out: the validator refuses them before.</summary>
    /// <param name="workflow">A valid definition.</param>
    public static ExecutionPlan Compile(WorkflowDefinition workflow)
    {
        var definitions = workflow.Tasks.Values.ToArray();
        var index = new Dictionary<string, int>(definitions.Length, StringComparer.Ordinal);
        for (var i = 0; i < definitions.Length; i++)
        {
            index[definitions[i].Id] = i;
        }

        var dependents = new List<int>[definitions.Length];
        var dependencies = new ImmutableArray<int>[definitions.Length];
        for (var i = 0; i < definitions.Length; i++)
        {
            dependencies[i] = [.. definitions[i].DependsOn.Where(index.ContainsKey).Select(id => index[id]).Distinct()];
            foreach (var dependency in dependencies[i])
            {
                (dependents[dependency] ??= []).Add(i);
            }
        }

        var tasks = ImmutableArray.CreateBuilder<PlannedTask>(definitions.Length);
        for (var i = 0; i < definitions.Length; i++)
        {
            tasks.Add(new PlannedTask
            {
                Rank = new TaskRank(definitions[i].Priority, i),
                Path = definitions[i].Id,
                Definition = definitions[i],
                DependsOn = dependencies[i],
                Dependents = dependents[i] is { } list ? [.. list] : [],
                Partners = [.. definitions[i].ParallelWith.Where(index.ContainsKey).Select(id => index[id])],
                Retry = RetryRule.Of(definitions[i], workflow.Defaults),
                TimeoutSecs = ShortestTimeout(definitions[i], workflow.Defaults),
                References = TaskValues.ReferencesOf(definitions[i], workflow),
                WorkerTags = definitions[i].WorkerTags.Count > 0 ? definitions[i].WorkerTags : workflow.Defaults?.WorkerTags ?? [],
            });
        }

        return new ExecutionPlan(workflow, tasks.MoveToImmutable());
    }

    /// <summary>Finds a task by its path.</summary>
    /// <param name="path">The path.</param>
    public PlannedTask? Find(string path) => _byPath.GetValueOrDefault(path);

    // The kind's own timeout (script.timeout_secs …) is older than the task's; whichever is shorter holds.
    private static double? ShortestTimeout(TaskDefinition task, TaskDefaults? defaults)
    {
        double?[] limits =
        [
            task.TimeoutSecs, task.Script?.TimeoutSecs, task.Command?.TimeoutSecs, task.Http?.TimeoutSecs, task.Llm?.TimeoutSecs,
            task.McpTool?.TimeoutSecs,
        ];
        return limits.Min() ?? defaults?.TimeoutSecs;
    }
}

/// <summary>Order among tasks that may run: lower priority first, then declaration order.</summary>
/// <param name="Priority">The task's <c>priority</c>.</param>
/// <param name="Index">Position in <see cref="ExecutionPlan.Tasks"/>.</param>
public readonly record struct TaskRank(int Priority, int Index) : IComparable<TaskRank>
{
    /// <inheritdoc/>
    public int CompareTo(TaskRank other) =>
        Priority != other.Priority ? Priority.CompareTo(other.Priority) : Index.CompareTo(other.Index);

    /// <summary>Whether the left one comes first.</summary>
    public static bool operator <(TaskRank left, TaskRank right) => left.CompareTo(right) < 0;

    /// <summary>Whether the right one comes first.</summary>
    public static bool operator >(TaskRank left, TaskRank right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one does not come later.</summary>
    public static bool operator <=(TaskRank left, TaskRank right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one does not come earlier.</summary>
    public static bool operator >=(TaskRank left, TaskRank right) => left.CompareTo(right) >= 0;
}

/// <summary>A task of a plan.</summary>
public sealed class PlannedTask
{
    /// <summary>Its place in the order.</summary>
    public required TaskRank Rank { get; init; }

    /// <summary>Its path.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required TaskDefinition Definition { get; init; }

    /// <summary>Positions of the tasks it depends on.</summary>
    public required ImmutableArray<int> DependsOn { get; init; }

    /// <summary>Positions of the tasks that depend on it.</summary>
    public required ImmutableArray<int> Dependents { get; init; }

    /// <summary>Positions of the tasks of <c>parallel_with</c>.</summary>
    public required ImmutableArray<int> Partners { get; init; }

    /// <summary>When a failed attempt is followed by another.</summary>
    public required RetryRule Retry { get; init; }

    /// <summary>Longest time of an attempt, in seconds.</summary>
    public required double? TimeoutSecs { get; init; }

    /// <summary>Tags a worker must carry.</summary>
    public required IReadOnlyList<string> WorkerTags { get; init; }

    /// <summary>References in the task's texts, found once.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>Whether the task runs even after a failed dependency, because its condition asks for the status.</summary>
    public bool RunsAfterFailure => Definition.If is { } text && Conditions.ExpressionEvaluator.UsesStatusFunction(text);
}
