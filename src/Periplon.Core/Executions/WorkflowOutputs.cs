using System.Text.Json;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>The declared outputs of a workflow, at its end.</summary>
internal static class WorkflowOutputs
{
    private static readonly JsonElement Null = JsonSerializer.Deserialize("null", ExecutionJson.Default.JsonElement);

    /// <summary>Values by name; null for an output whose source does not exist, because its task failed or was skipped.</summary>
    public static IReadOnlyDictionary<string, JsonElement>? Of(ExecutionState state)
    {
        var declared = state.Plan.Workflow.Outputs;
        if (declared.Count == 0)
        {
            return null;
        }

        var scope = new ExecutionScope(state, null);
        var values = new Dictionary<string, JsonElement>(declared.Count, StringComparer.Ordinal);
        foreach (var (name, output) in declared)
        {
            values[name] = ValueOf(state, scope, output);
        }

        return values;
    }

    private static JsonElement ValueOf(ExecutionState state, ExecutionScope scope, OutputDefinition output)
    {
        try
        {
            return output switch
            {
                { Source: OutputSource.State source } => state.Values.TryGetValue(source.Key, out var found) ? found : Null,
                { Source: OutputSource.TaskOutput source } => TextOf(state, source.Task),
                { Source: OutputSource.File source } => FileOf(state, Template.Parse(source.Path).Render(scope, lenient: false)),
                { Value: { } value } => TemplateValues.Render(value, scope),
                _ => Null,
            };
        }
        catch (TemplateException)
        {
            return Null;
        }
    }

    private static JsonElement TextOf(ExecutionState state, string path) =>
        state.Plan.Find(path) is { } task && state.Task(task).Output is { } output
            ? JsonSerializer.SerializeToElement(OutputText.Referenced(output), ExecutionJson.Default.String)
            : Null;

    // The file is known only through the task that wrote it: the machine itself reads no files.
    private static JsonElement FileOf(ExecutionState state, string path)
    {
        foreach (var task in state.Plan.Tasks)
        {
            if (task.Definition.Output is { } output
                && Template.Parse(output).Render(new ExecutionScope(state, task), lenient: false) == path)
            {
                return TextOf(state, task.Path);
            }
        }

        return Null;
    }
}
