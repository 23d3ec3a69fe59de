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
        foreach (var text in TextsOf(task, workflow))
        {
            if (text is not null)
            {
                found.UnionWith(Template.Parse(text).References);
            }
        }

        return [.. found];
    }

    private static IEnumerable<string?> TextsOf(TaskDefinition task, WorkflowDefinition workflow)
    {
        IEnumerable<string?> texts =
        [
            task.Description, task.Output, workflow.Cwd,
            .. workflow.Defaults?.Env.Values ?? [],
            .. task.Outputs.Values.SelectMany(TextsOf),
            .. task.Inputs.Values.SelectMany(TextsOf),
            .. task.SetState.Values.SelectMany(TextsOf),
        ];
        if (task.Script is { } script)
        {
            texts = [.. texts, script.Content, script.File, script.WorkingDir, .. script.Env.Values];
        }

        if (task.Command is { } command)
        {
            texts = [.. texts, command.Executable, .. command.Args, command.WorkingDir, .. command.Env.Values];
        }

        if (task.Llm is { } llm)
        {
            texts = [.. texts, llm.Prompt, llm.SystemPrompt, llm.Endpoint, llm.ApiKey, .. llm.ExtraParams.Values.SelectMany(TextsOf)];
        }

        if (task.Http is { } http)
        {
            texts = [.. texts, http.Url, http.Body, .. http.Headers.Values, .. TextsOf(http.Auth)];
        }

        return texts;
    }

    private static IEnumerable<string?> TextsOf(HttpAuth? auth) => auth switch
    {
        HttpAuth.Bearer bearer => [bearer.Token],
        HttpAuth.Basic basic => [basic.Username, basic.Password],
        HttpAuth.ApiKey key => [key.Header, key.Key],
        HttpAuth.Custom custom => custom.Headers.Values,
        _ => [],
    };

    private static IEnumerable<string?> TextsOf(OutputDefinition output) => output switch
    {
        { Source: OutputSource.File file } => [file.Path],
        { Value: { } value } => TextsOf(value),
        _ => [],
    };

    private static IEnumerable<string?> TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(TextsOf),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => TextsOf(member.Value)),
        _ => [],
    };
}
