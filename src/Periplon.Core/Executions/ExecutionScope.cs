using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

/// <summary>
/// What texts and conditions of a task may refer to (design §8.3): <c>workflow</c> and <c>input</c> (inputs), <c>task</c> (own inputs, then
/// other tasks), <c>state</c>, <c>execution</c>, <c>metadata</c>; a name alone is an input. Secrets and environment are the worker's.
/// </summary>
/// <param name="state">The execution.</param>
/// <param name="task">The task; null for texts of the workflow itself.</param>
public sealed class ExecutionScope(ExecutionState state, PlannedTask? task) : IConditionScope
{
    private bool _insideOwnInputs;

    /// <inheritdoc/>
    public bool HasFailure => task is null
        ? state.FirstFailure is not null
        : task.DependsOn.Any(index =>
        {
            var dependency = state.Task(state.Plan.Tasks[index]);
            return dependency.Status is TaskRunStatus.Failed || (dependency.Status is TaskRunStatus.Skipped && dependency.SkippedUpstream);
        });

    /// <inheritdoc/>
    public bool IsCancelled => state.CancelRequestedAt is not null;

    /// <inheritdoc/>
    public TaskRunStatus? FindTaskStatus(string task) => state.Plan.Find(task) is { } found ? state.Task(found).Status : null;

    /// <inheritdoc/>
    public bool TryGetState(string key, out JsonElement value) => state.Values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public bool TryResolve(string reference, out JsonElement value)
    {
        value = default;
        if (!ReferencePath.TryParse(reference, out var path))
        {
            return false;
        }

        if (!path.IsQualified || path.Segments[1].IsIndex)
        {
            return TryFollow(state.Created.Inputs, path.Root, path.From(1), out value);
        }

        var name = path.Segments[1].Name!;
        var rest = path.From(2);
        return path.Root switch
        {
            "workflow" or "input" => TryFollow(state.Created.Inputs, name, rest, out value) || TryWorkflowField(name, rest, out value),
            "task" => TryTask(name, rest, out value),
            "state" => state.Values.TryGetValue(name, out var found) && ReferencePath.TryGetMember(found, rest, out value),
            "execution" => TryExecutionField(name, rest, out value),
            "metadata" => TryMetadata(name, rest, out value),
            _ => TryFollow(state.Created.Inputs, path.Root, path.From(1), out value),
        };
    }

    private static JsonElement Text(string? text) => JsonSerializer.SerializeToElement(text, ExecutionJson.Default.String);

    private static bool TryFollow(
        IReadOnlyDictionary<string, JsonElement> values, string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        return values.TryGetValue(name, out var found) && ReferencePath.TryGetMember(found, rest, out value);
    }

    private bool TryWorkflowField(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = name switch
        {
            "name" => Text(state.Created.WorkflowName),
            "version" => Text(state.Created.WorkflowVersion),
            _ => default,
        };
        return rest.IsEmpty && value.ValueKind is not JsonValueKind.Undefined;
    }

    private bool TryExecutionField(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = name switch
        {
            "id" => Text(state.Created.ExecutionId.ToString("D")),
            "status" => Text(state.Status.ToWord()),
            "trigger_type" => Text(state.Created.TriggerType),
            "triggered_by" => Text(state.Created.TriggeredBy),
            "created_at" => Text(state.Created.At.ToString("O")),
            _ => default,
        };
        return rest.IsEmpty && value.ValueKind is not JsonValueKind.Undefined;
    }

    private bool TryMetadata(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = name switch
        {
            "workflow_name" => Text(state.Created.WorkflowName),
            "workflow_version" => Text(state.Created.WorkflowVersion),
            "execution_id" => Text(state.Created.ExecutionId.ToString("D")),
            "task_id" when task is not null => Text(task.Path),
            "task_status" when task is not null => Text(state.Task(task).Status.ToWord()),
            _ => default,
        };
        return rest.IsEmpty && value.ValueKind is not JsonValueKind.Undefined;
    }

    private bool TryTask(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        if (task is not null && !_insideOwnInputs && task.Definition.Inputs.TryGetValue(name, out var own))
        {
            // An own input may refer to anything but own inputs, so that two of them cannot refer to each other for ever.
            _insideOwnInputs = true;
            try
            {
                return ReferencePath.TryGetMember(TemplateValues.Render(own, this), rest, out value);
            }
            finally
            {
                _insideOwnInputs = false;
            }
        }

        if (state.Plan.Find(name) is { } other && !rest.IsEmpty)
        {
            return TryTaskField(state.Task(other), rest, out value);
        }

        // Own output names and fields, for set_state and outputs of the task itself.
        return task is not null && TryTaskField(state.Task(task), [new ReferenceSegment(name, -1), .. rest], out value);
    }

    private static bool TryTaskField(TaskState found, ReadOnlySpan<ReferenceSegment> path, out JsonElement value)
    {
        value = default;
        if (path[0].IsIndex)
        {
            return false;
        }

        var output = found.Output;
        var rest = path[1..];
        switch (path[0].Name)
        {
            case "output":
                return output is not null && ReferencePath.TryGetMember(Text(OutputText.Referenced(output)), rest, out value);
            case "outputs":
                return !rest.IsEmpty && !rest[0].IsIndex && output?.Values is { } values
                    && TryFollow(values, rest[0].Name!, rest[1..], out value);
            case "status":
                return ReferencePath.TryGetMember(Text(found.Status.ToWord()), rest, out value);
            case "error":
                return ReferencePath.TryGetMember(Text(found.Failure?.Message), rest, out value);
            case "exit_code" when output?.ExitCode is { } code:
                return ReferencePath.TryGetMember(
                    JsonSerializer.SerializeToElement((double)code, ExecutionJson.Default.Double), rest, out value);
            default:
                return output?.Values is { } named && TryFollow(named, path[0].Name!, rest, out value);
        }
    }
}
