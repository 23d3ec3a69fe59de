using Periplon.Core.Plans;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>The order of a plan's tasks in the words of a reader: groups are replaced by their members, bounds of one by a chain.</summary>
internal sealed class PlanOrder
{
    private readonly Dictionary<PlannedTask, PlannedTask> _previous = [];

    public PlanOrder(ExecutionPlan plan)
    {
        foreach (var block in plan.Tasks.Append(plan.Root).SelectMany(BlocksOf).Where(block => block.MaxParallel == 1))
        {
            // One at a time, in the order of the file as far as the dependencies inside the block allow it.
            var row = Waves([.. block.Tasks], task => task.DependsOn).SelectMany(wave => wave).ToArray();
            for (var i = 1; i < row.Length; i++)
            {
                _previous[row[i]] = row[i - 1];
            }
        }
    }

    /// <summary>Whether it is a task group, which orders its members and is no task itself.</summary>
    public static bool IsTaskGroup(PlannedTask task) =>
        task.IsTransparent && task.Segment.StartsWith("group:", StringComparison.Ordinal);

    /// <summary>Whether it is a stage.</summary>
    public static bool IsStage(PlannedTask task) =>
        task.IsTransparent && task.Segment.StartsWith("stage:", StringComparison.Ordinal);

    /// <summary>The stages of a plan, each with the workflow of the file that it belongs to.</summary>
    public static IEnumerable<(string Workflow, PlannedTask Stage)> StagesOf(ExecutionPlan plan)
    {
        var stages = new Queue<PlannedTask>(plan.Root.OwnBlock?.Tasks.Where(IsStage) ?? []);
        foreach (var orchestration in plan.Workflow.Workflows.Values)
        {
            // A list of tasks without steps is planned as one stage of the same name.
            var count = orchestration.Steps.Count > 0 ? orchestration.Steps.Count
                : orchestration.ExecutionMode == "sequential" && stages.TryPeek(out var next) && next.Id == orchestration.Id ? 1
                : 0;
            for (var i = 0; i < count && stages.TryDequeue(out var stage); i++)
            {
                yield return (orchestration.Id, stage);
            }
        }
    }

    /// <summary>The task without the iterations around its work: what holds its subtasks and its rules for attempts.</summary>
    public static PlannedTask Innermost(PlannedTask task)
    {
        while (task.Iteration is { } iteration)
        {
            task = iteration;
        }

        return task;
    }

    /// <summary>The definition as written: a condition that is asked for each iteration is put back to the loop.</summary>
    public static TaskDefinition DefinitionOf(PlannedTask task)
    {
        var inner = Innermost(task).Definition;
        return task.Definition with { Condition = task.Definition.Condition ?? inner.Condition, If = task.Definition.If ?? inner.If };
    }

    /// <summary>Tasks, each task group replaced by its members.</summary>
    public static IEnumerable<PlannedTask> WithoutGroups(IEnumerable<PlannedTask> tasks) =>
        tasks.SelectMany(task => IsTaskGroup(task) ? WithoutGroups(task.OwnBlock?.Tasks ?? []) : [task]);

    /// <summary>What a task waits for directly.</summary>
    public IEnumerable<PlannedTask> DirectlyBefore(PlannedTask task) =>
        (_previous.TryGetValue(task, out var previous) ? task.DependsOn.Append(previous) : task.DependsOn).Distinct();

    /// <summary>What a task waits for, itself or with the task groups around it; groups are replaced by their members.</summary>
    public IEnumerable<PlannedTask> Before(PlannedTask task)
    {
        var before = DirectlyBefore(task);
        for (var around = task.Parent; around is not null && IsTaskGroup(around); around = around.Parent)
        {
            before = before.Concat(DirectlyBefore(around));
        }

        return WithoutGroups(before).Distinct();
    }

    /// <summary>
    /// Sorts tasks into waves: a task is in the first wave behind all that it waits for. What is inside one of them stands for it; what is
    /// elsewhere does not count, and neither does what leads back to the task itself.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<PlannedTask>> Waves(
        IReadOnlyList<PlannedTask> tasks, Func<PlannedTask, IEnumerable<PlannedTask>> before)
    {
        var levels = Levels(tasks, before);
        return [.. tasks.GroupBy(task => levels[task]).OrderBy(wave => wave.Key)
            .Select(wave => (IReadOnlyList<PlannedTask>)[.. wave.OrderBy(task => task.Definition.Priority)])];
    }

    /// <summary>Hooks of the workflow or of a stage; notifications are told where they are declared.</summary>
    public static IEnumerable<PlannedBlock> HooksOf(PlannedTask task, PhaseKind kind) => task.Phases
        .Where(phase => phase.Kind == kind).Select(phase => phase.Block).OfType<PlannedBlock>()
        .Where(block => block.Tasks is [{ IsAuthored: false, Definition.Command: not null }, ..]);

    /// <summary>The word of the file for a block of hooks, such as <c>pre_workflow</c>.</summary>
    public static string HookName(PlannedBlock block)
    {
        // Ids are such as stage:build.on_stage_complete.1; a stage's name may have dots of its own.
        var parts = block.Tasks[0].Id.Split('.');
        return parts[^2];
    }

    private static IEnumerable<PlannedBlock> BlocksOf(PlannedTask task) =>
        task.Phases.Select(phase => phase.Block).OfType<PlannedBlock>();

    // With a stack of its own: a chain of tasks may be as long as a file allows.
    private static Dictionary<PlannedTask, int> Levels(
        IReadOnlyList<PlannedTask> tasks, Func<PlannedTask, IEnumerable<PlannedTask>> before)
    {
        var beside = tasks.ToHashSet();
        var levels = new Dictionary<PlannedTask, int>();
        var open = new HashSet<PlannedTask>();
        var stack = new Stack<PlannedTask>(tasks.Reverse());
        while (stack.TryPop(out var task))
        {
            if (levels.ContainsKey(task))
            {
                continue;
            }

            var known = before(task).Select(each => Sibling(beside, each)).OfType<PlannedTask>().Where(each => each != task).ToArray();
            if (open.Add(task))
            {
                stack.Push(task);
                foreach (var each in known.Where(each => !levels.ContainsKey(each) && !open.Contains(each)))
                {
                    stack.Push(each);
                }
            }
            else
            {
                levels[task] = known.Select(each => levels.GetValueOrDefault(each, -1) + 1).DefaultIfEmpty(0).Max();
            }
        }

        return levels;
    }

    private static PlannedTask? Sibling(HashSet<PlannedTask> beside, PlannedTask task)
    {
        for (var at = task; at is not null; at = at.Parent)
        {
            if (beside.Contains(at))
            {
                return at;
            }
        }

        return null;
    }
}
