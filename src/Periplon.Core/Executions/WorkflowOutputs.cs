using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>The declared outputs of a workflow, at its end.</summary>
internal static class WorkflowOutputs
{
    /// <summary>Values by name; null for an output whose source does not exist, because its task failed or was skipped.</summary>
    public static IReadOnlyDictionary<string, JsonElement>? Of(ExecutionState state)
    {
        var declared = state.Plan.Workflow.Outputs;
        if (declared.Count == 0)
        {
            return null;
        }

        var scope = new ExecutionScope(state, null);
        var secrets = SecretTexts.Of(state.Created.Inputs, state.Created.SecretInputs);
        var values = new Dictionary<string, JsonElement>(declared.Count, StringComparer.Ordinal);
        foreach (var (name, output) in declared)
        {
            // An execution that has ended well does not fail for an output: one that is not of its type reads as null.
            var value = OutputTypes.Fit(ValueOf(state, scope, output), output.Type, out var problem);
            value = problem is null ? value : ExecutionConstants.Null;
            values[name] = secrets?.Mask(value) ?? value;
        }

        return values;
    }

    private static JsonElement ValueOf(ExecutionState state, ExecutionScope scope, OutputDefinition output)
    {
        try
        {
            return output switch
            {
                { Source: OutputSource.State source } => state.Values.TryGetValue(source.Key, out var found) ? found : ExecutionConstants.Null,
                { Source: OutputSource.TaskOutput source } => TextOf(state, source.Task),
                { Source: OutputSource.File source } => FileOf(state, Template.Parse(source.Path).Render(scope, lenient: false)) is { } text
                    ? ExecutionConstants.Text(text)
                    : ExecutionConstants.Null,
                { Value: { } value } => TemplateValues.Render(value, scope),
                _ => ExecutionConstants.Null,
            };
        }
        catch (TemplateException)
        {
            return ExecutionConstants.Null;
        }
    }

    private static JsonElement TextOf(ExecutionState state, string path) =>
        new ExecutionScope(state, null).FindTask(path)?.Output is { } output
            ? ExecutionConstants.Text(OutputText.Referenced(output))
            : ExecutionConstants.Null;

    /// <summary>The content of a file, which is known only through the task that wrote it: the machine itself reads no files.</summary>
    internal static string? FileOf(ExecutionState state, string path)
    {
        foreach (var task in state.Tasks.Values.OrderByDescending(task => task.FinishedAt).ThenByDescending(task => task.Instance.Rank.Number))
        {
            if (task is { Output: { } written, Instance: var instance } && instance.Planned.Definition.Output is { } output
                && Writes(output, new ExecutionScope(state, instance), path))
            {
                return OutputText.Referenced(written);
            }
        }

        return null;
    }

    // A path that cannot be filled in is that of a task that never wrote; a later one may have written the file.
    private static bool Writes(string output, ExecutionScope scope, string path)
    {
        try
        {
            return Template.Parse(output).Render(scope, lenient: false) == path;
        }
        catch (TemplateException)
        {
            return false;
        }
    }
}
