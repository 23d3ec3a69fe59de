using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Predefined tasks and task groups in workflows (reference §5.7, §22).</summary>
public static class PredefinedTasks
{
    /// <summary>
    /// The predefined tasks and groups that a workflow names itself, in the order of its tasks. What these need in turn is known only when
    /// they are looked up; <see cref="IPredefinedTaskLibrary"/> is asked for it then.
    /// </summary>
    /// <param name="workflow">The workflow. References that are malformed are left out; the validator reports them.</param>
    public static IReadOnlyList<ReuseReference> References(WorkflowDefinition workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var found = new List<ReuseReference>();
        foreach (var (space, text) in workflow.Imports)
        {
            if (TaskReference.TryParse(text, out var import, out _) && import is { Namespace: null, Version: not null })
            {
                found.Add(new ReuseReference(ReuseKind.Group, import.Name, import.Version, $"imports.{space}"));
            }
        }

        foreach (var node in TaskTree.Of(workflow, new ValidationReport(workflow.Source)).Nodes)
        {
            var (field, text) = node.Task.Uses is { } uses ? ("uses", uses) : ("embed", node.Task.Embed);
            if (text is not null && TaskReference.TryParse(text, out var task, out _) && task is { Namespace: null, Version: not null })
            {
                found.Add(new ReuseReference(ReuseKind.Task, task.Name, task.Version, $"{node.Path}.{field}"));
            }
        }

        return found;
    }
}
