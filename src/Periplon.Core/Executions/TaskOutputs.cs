using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>What tasks publish that no worker runs: groups, loops, waits, child executions.</summary>
internal static class TaskOutputs
{
    /// <summary>Named output of a loop's collected results.</summary>
    internal const string Results = "results";

    // Larger results would make every later value of the execution slow; the iterations' own outputs are there anyway.
    private const int MaxResultsText = 4 * 1024 * 1024;

    internal static TaskOutput OfSignal(JsonElement? payload)
    {
        var value = payload ?? ExecutionConstants.Null;
        var text = value.ValueKind is JsonValueKind.Null ? "" : TemplateValues.ToText(value);
        return new TaskOutput
        {
            Text = text, Size = System.Text.Encoding.UTF8.GetByteCount(text), Values = One("payload", value),
        };
    }

    /// <summary>What a person gives: the members of an object are named outputs, anything else is the text.</summary>
    internal static TaskOutput OfGiven(JsonElement given)
    {
        if (given.ValueKind is JsonValueKind.Object)
        {
            var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (var member in given.EnumerateObject())
            {
                members[member.Name] = member.Value;
            }

            return OfChild(members);
        }

        var text = TemplateValues.ToText(given);
        return new TaskOutput { Text = text, Size = System.Text.Encoding.UTF8.GetByteCount(text) };
    }

    internal static TaskOutput OfApproval(bool approved, string? by, string? comment) => new()
    {
        Text = approved ? "approved" : "rejected",
        Size = 8,
        Values = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["approved"] = JsonSerializer.SerializeToElement(approved, ExecutionJson.Default.Boolean),
            ["by"] = ExecutionConstants.Text(by),
            ["comment"] = ExecutionConstants.Text(comment),
        },
    };

    internal static TaskOutput OfChild(IReadOnlyDictionary<string, JsonElement>? outputs)
    {
        if (outputs is null or { Count: 0 })
        {
            return new TaskOutput();
        }

        var text = JsonSerializer.Serialize(outputs, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
        return new TaskOutput { Text = text, Size = System.Text.Encoding.UTF8.GetByteCount(text), Values = outputs };
    }

    /// <summary>The collected results of a loop: one for each iteration, in their order; null for one that brought none.</summary>
    internal static TaskOutput OfLoop(ExecutionState state, TaskInstance task)
    {
        var definition = task.Planned.Definition;
        var control = definition.Matrix is null ? definition.LoopControl : null;
        if (control is not { CollectResults: true } && control?.ResultKey is null)
        {
            return new TaskOutput();
        }

        var loop = state.Task(task).Loop!;
        var results = new JsonElement[loop.Next];
        var size = 0L;
        for (var index = 0; index < results.Length; index++)
        {
            results[index] = state.Find(task.PathOf(index)) is { } iteration ? ResultOf(state, iteration) : ExecutionConstants.Null;
            size += results[index].GetRawText().Length;
        }

        if (size > MaxResultsText)
        {
            throw new TemplateException(
                $"{task.Path}.{Results}", $"The results of the loop '{task.Path}' are too long: {size} characters; allowed are {MaxResultsText}");
        }

        var all = JsonSerializer.SerializeToElement<IReadOnlyList<JsonElement>>(results, ExecutionJson.Default.IReadOnlyListJsonElement);
        var text = all.GetRawText();
        return new TaskOutput
        {
            Text = text,
            Size = System.Text.Encoding.UTF8.GetByteCount(text),
            Values = One(Results, all),
            State = control.ResultKey is { Length: > 0 } key ? One(key, all) : null,
        };
    }

    /// <summary>Adds the outputs and state values that the task declares.</summary>
    /// <exception cref="TemplateException">One of them refers to something that does not exist.</exception>
    internal static TaskOutput WithDeclared(ExecutionState state, TaskInstance task, TaskOutput output)
    {
        var definition = task.Planned.Definition;
        if (definition is { Outputs.Count: 0, SetState.Count: 0 })
        {
            return output;
        }

        var seen = state with { Tasks = state.Tasks.SetItem(task.Path, state.Task(task) with { Output = output }) };
        var scope = new ExecutionScope(seen, task);
        var values = new Dictionary<string, JsonElement>(output.Values ?? Map<JsonElement>.Empty, StringComparer.Ordinal);
        foreach (var (name, declared) in definition.Outputs)
        {
            values[name] = OutputTypes.Fit(ValueOf(seen, scope, task, declared), declared.Type, out var problem);
            if (problem is not null)
            {
                throw new TemplateException(name, $"The output '{name}' could not be produced: {problem}");
            }
        }

        seen = seen with { Tasks = seen.Tasks.SetItem(task.Path, seen.Task(task) with { Output = output with { Values = values } }) };
        scope = new ExecutionScope(seen, task);
        var set = new Dictionary<string, JsonElement>(output.State ?? Map<JsonElement>.Empty, StringComparer.Ordinal);
        foreach (var (key, value) in definition.SetState)
        {
            set[key] = TemplateValues.Render(value, scope);
        }

        return output with { Values = values.Count > 0 ? values : null, State = set.Count > 0 ? set : null };
    }

    private static JsonElement ValueOf(ExecutionState state, ExecutionScope scope, TaskInstance task, OutputDefinition declared)
    {
        switch (declared.Source)
        {
            case OutputSource.State source:
                return state.Values.TryGetValue(source.Key, out var found) ? found : ExecutionConstants.Null;
            case OutputSource.TaskOutput source:
                return scope.FindTask(source.Task)?.Output is { } other
                    ? ExecutionConstants.Text(OutputText.Referenced(other))
                    : ExecutionConstants.Null;
            case OutputSource.File source:
                var path = Template.Parse(source.Path).Render(scope, lenient: false);
                return WorkflowOutputs.FileOf(state, path) is { } text ? ExecutionConstants.Text(text) : ExecutionConstants.Null;
            default:
                return declared.Value is { } value ? TemplateValues.Render(value, scope) : ExecutionConstants.Null;
        }
    }

    // An iteration over subtasks brings what each of them brought.
    private static JsonElement ResultOf(ExecutionState state, TaskState iteration)
    {
        if (iteration.Status is not TaskRunStatus.Completed)
        {
            return ExecutionConstants.Null;
        }

        if (iteration.Output is { Values.Count: > 0 } named && iteration.Instance.Planned.Shape is not TaskShape.Work)
        {
            return JsonSerializer.SerializeToElement(named.Values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
        }

        if (iteration.Instance.Planned.OwnBlock is not { } block)
        {
            return ExecutionConstants.Text(OutputText.Referenced(iteration.Output?.Text));
        }

        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var child in block.Tasks)
        {
            values[child.Id] = state.Find(iteration.Instance.PathOf(child))?.Output is { } output
                ? ExecutionConstants.Text(OutputText.Referenced(output))
                : ExecutionConstants.Null;
        }

        return JsonSerializer.SerializeToElement<IReadOnlyDictionary<string, JsonElement>>(
            values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
    }

    private static Dictionary<string, JsonElement> One(string name, JsonElement value) => new(StringComparer.Ordinal) { [name] = value };
}

/// <summary>JSON values that the machine makes.</summary>
internal static class ExecutionConstants
{
    internal static JsonElement Null { get; } = JsonSerializer.Deserialize("null", ExecutionJson.Default.JsonElement);

    internal static JsonElement NoItems { get; } = JsonSerializer.Deserialize("[]", ExecutionJson.Default.JsonElement);

    internal static JsonElement Text(string? text) => JsonSerializer.SerializeToElement(text, ExecutionJson.Default.String);

    internal static JsonElement Number(double number) => JsonSerializer.SerializeToElement(number, ExecutionJson.Default.Double);

    internal static JsonElement Truth(bool value) => JsonSerializer.SerializeToElement(value, ExecutionJson.Default.Boolean);
}
