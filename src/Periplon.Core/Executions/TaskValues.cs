using System.Text.Json;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>
/// The values that a task's texts refer to, so that a worker can fill them in without the execution's state. Secrets and environment
/// variables are not among them: the worker reads those itself.
/// </summary>
public static class TaskValues
{
    /// <summary>Values by reference, as written between the braces. A reference that cannot be resolved is left out.</summary>
    /// <param name="state">The execution.</param>
    /// <param name="task">The task.</param>
    public static IReadOnlyDictionary<string, JsonElement> Of(ExecutionState state, TaskInstance task)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(task);
        var references = task.Planned.References;
        if (references.Count == 0)
        {
            return new Dictionary<string, JsonElement>(0);
        }

        var scope = new ExecutionScope(state, task);
        var values = new Dictionary<string, JsonElement>(references.Count, StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (OutputText.FindArtifact(reference, id => scope.FindTask(id)?.Output) is { } whole)
            {
                values[whole.Name] = whole.Value;
            }

            try
            {
                if (scope.TryResolve(reference, out var value))
                {
                    values[reference] = value;
                }
            }
            catch (TemplateException)
            {
                // An own input that holds a secret: the worker makes it, from the references inside the input.
            }
        }

        return values;
    }

    /// <summary>All references in the texts of a task that a worker fills in.</summary>
    /// <param name="task">The task.</param>
    /// <param name="workflow">Its workflow.</param>
    internal static IReadOnlyList<string> ReferencesOf(TaskDefinition task, WorkflowDefinition workflow)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var text in TaskTextList.TextsOf(task, workflow))
        {
            if (text is not null)
            {
                found.UnionWith(Template.Parse(text).References);
            }
        }

        return [.. found];
    }
}
