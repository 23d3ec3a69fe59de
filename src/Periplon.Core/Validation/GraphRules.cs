using Periplon.Core.Conditions;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>Names of tasks, wherever one task names another.</summary>
internal static class GraphRules
{
    internal static void Check(ValidationContext context)
    {
        foreach (var node in context.Tree.Nodes)
        {
            CheckDependencies(context, node);
            CheckPartners(context, node);
            CheckCondition(context, node, node.Task.Condition, ".condition");
            CheckCondition(context, node, node.Task.LoopControl?.BreakCondition, ".loop_control.break_condition");
            CheckCondition(context, node, node.Task.LoopControl?.ContinueCondition, ".loop_control.continue_condition");
            CheckCondition(context, node, (node.Task.Loop as LoopDefinition.While)?.Condition, ".loop.condition");
            CheckCondition(context, node, (node.Task.Loop as LoopDefinition.RepeatUntil)?.Condition, ".loop.condition");
            CheckContext(context, node);
            CheckOutputs(context, node, node.Task.Outputs, node.Path);
        }

        CheckOutputs(context, null, context.Workflow.Outputs, "");
    }

    private static void CheckDependencies(ValidationContext context, TaskNode node)
    {
        var names = node.Task.DependsOn;
        for (var i = 0; i < names.Count; i++)
        {
            // The reference refuses dotted ids here. Subtasks are tasks of their own in the design (§8.7), so one that exists is
            // as good a dependency as any other; and a subtask's unknown dependency, which the reference leaves to fail at run
            // time, is reported with the rest.
            if (node.Resolve(names[i]) is null)
            {
                context.Report.Add(
                    node.Realm.Severity,
                    ValidationCodes.DependencyUnknown,
                    $"{node.Path}.depends_on[{i}]",
                    $"Task '{node.FullId}' depends on '{names[i]}', which does not exist.",
                    context.Workflow.TaskGroups.ContainsKey(names[i])
                        ? $"'{names[i]}' is a task group; name the tasks of the group."
                        : context.TaskHint(names[i], node));
            }
        }
    }

    private static void CheckPartners(ValidationContext context, TaskNode node)
    {
        var names = node.Task.ParallelWith;
        for (var i = 0; i < names.Count; i++)
        {
            if (node.Resolve(names[i]) is null)
            {
                // Only a hint for tasks further inside, where no earlier version has ever looked at it.
                context.Report.Add(
                    node.IsMainTopLevel ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
                    ValidationCodes.ParallelPartnerUnknown,
                    $"{node.Path}.parallel_with[{i}]",
                    $"Task '{node.FullId}' is to run in parallel with '{names[i]}', which does not exist.",
                    context.TaskHint(names[i], node));
            }
        }
    }

    private static void CheckCondition(ValidationContext context, TaskNode node, Condition? condition, string segment)
    {
        if (condition is null)
        {
            return;
        }

        Stack<(Condition Condition, string Path)> open = new([(condition, segment)]);
        while (open.TryPop(out var next))
        {
            switch (next.Condition)
            {
                case Condition.TaskHasStatus leaf when node.Resolve(leaf.Task) is null:
                    context.Report.Warning(
                        ValidationCodes.ConditionTaskUnknown,
                        $"{node.Path}{next.Path}.task",
                        $"The condition of task '{node.FullId}' asks for the task '{leaf.Task}', which does not exist; it can never hold.",
                        context.TaskHint(leaf.Task, node));
                    break;
                case Condition.And all:
                    PushAll(open, all.Conditions, $"{next.Path}.and");
                    break;
                case Condition.Or any:
                    PushAll(open, any.Conditions, $"{next.Path}.or");
                    break;
                case Condition.Not inverse:
                    open.Push((inverse.Inner, $"{next.Path}.not"));
                    break;
            }
        }
    }

    private static void PushAll(Stack<(Condition Condition, string Path)> open, IReadOnlyList<Condition> conditions, string path)
    {
        for (var i = conditions.Count - 1; i >= 0; i--)
        {
            open.Push((conditions[i], $"{path}[{i}]"));
        }
    }

    private static void CheckContext(ValidationContext context, TaskNode node)
    {
        if (node.Task.Context is { } wanted)
        {
            CheckNames(wanted.IncludeTasks, "include_tasks");
            CheckNames(wanted.ExcludeTasks, "exclude_tasks");
        }

        void CheckNames(IReadOnlyList<string> names, string field)
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (node.Resolve(names[i]) is null)
                {
                    context.Report.Warning(
                        ValidationCodes.ContextTaskUnknown,
                        $"{node.Path}.context.{field}[{i}]",
                        $"The context of task '{node.FullId}' names the task '{names[i]}', which does not exist.",
                        context.TaskHint(names[i], node));
                }
            }
        }
    }

    private static void CheckOutputs(
        ValidationContext context, TaskNode? node, IReadOnlyDictionary<string, OutputDefinition> outputs, string path)
    {
        foreach (var (name, output) in outputs)
        {
            if (output.Source is OutputSource.TaskOutput { Task: var id }
                && (node is null ? TaskTree.FindFromTop(context.Tree.Main, id) : node.Resolve(id)) is null)
            {
                context.Report.Warning(
                    ValidationCodes.OutputTaskUnknown,
                    $"{(path.Length == 0 ? "" : path + ".")}outputs.{name}.source.task",
                    $"Output '{name}' is taken from the task '{id}', which does not exist.",
                    context.TaskHint(id, node));
            }
        }
    }
}
