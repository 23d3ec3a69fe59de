using System.Globalization;
using System.Text.Json;
using Periplon.Core.Plans;
using Periplon.Core.Schedules;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

public sealed partial class ExecutionScope
{
    private const string GroupPrefix = "group:";

    // The first name of task.* in a handler, and the task of metadata.*: what the handler belongs to.
    private static TaskInstance Subject(TaskInstance task) =>
        task.Planned.IsAuthored || task.Around is not { } around ? task : around;

    private bool TryWorkflowField(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = name switch
        {
            "name" => ExecutionConstants.Text(_state.Created.WorkflowName),
            "version" => ExecutionConstants.Text(_state.Created.WorkflowVersion),
            _ => default,
        };
        return rest.IsEmpty && value.ValueKind is not JsonValueKind.Undefined;
    }

    private bool TryExecutionField(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = name switch
        {
            "id" => ExecutionConstants.Text(_state.Created.ExecutionId.ToString("D")),
            "status" => ExecutionConstants.Text(_state.Status.ToWord()),
            "error" => ExecutionConstants.Text(Error),
            "trigger_type" => ExecutionConstants.Text(_state.Created.TriggerType),
            "triggered_by" => ExecutionConstants.Text(_state.Created.TriggeredBy),
            "created_at" => ExecutionConstants.Text(_state.Created.At.ToString("O")),
            "scheduled_at" => ExecutionConstants.Text(
                _state.Created.Labels?.GetValueOrDefault(ScheduleLabels.ScheduledAt) ?? ScheduleLabels.Text(_state.Created.At)),
            "parent_id" => ExecutionConstants.Text(_state.Created.ParentExecutionId?.ToString("D")),
            _ => default,
        };
        return rest.IsEmpty && value.ValueKind is not JsonValueKind.Undefined;
    }

    private string Error => ExecutionPlanner.ErrorOf(_state, _state.Root.FailedHandler) ?? "";

    private bool TryMetadata(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        var subject = _task is null ? null : _state.Task(Subject(_task));
        var isWorkflow = subject is null || subject.Instance.Around is null;
        value = name switch
        {
            "workflow_name" => ExecutionConstants.Text(_state.Created.WorkflowName),
            "workflow_version" => ExecutionConstants.Text(_state.Created.WorkflowVersion),
            "execution_id" => ExecutionConstants.Text(_state.Created.ExecutionId.ToString("D")),
            "task_id" => ExecutionConstants.Text(isWorkflow ? "workflow" : subject!.Instance.Path),
            "task_status" => ExecutionConstants.Text(
                isWorkflow ? _state.Status.ToWord() : (subject!.EndedSoFar ?? subject.Status).ToWord()),
            "error" => ExecutionConstants.Text(isWorkflow ? Error : ErrorOf(subject!)),
            "duration_secs" => ExecutionConstants.Number(Math.Round(DurationOf(subject, isWorkflow).TotalSeconds, 3)),
            "duration_human" => ExecutionConstants.Text(Human(DurationOf(subject, isWorkflow))),
            _ => default,
        };
        return rest.IsEmpty && value.ValueKind is not JsonValueKind.Undefined;
    }

    private string ErrorOf(TaskState task) =>
        (task.FailedHandler is { } failed ? ExecutionPlanner.OfInner(_state, failed) : task.Failure)?.Message ?? "";

    // The newest event is as near as a pure function comes to now.
    private TimeSpan DurationOf(TaskState? subject, bool isWorkflow) =>
        _state.LastEventAt - ((isWorkflow ? _state.StartedAt : subject!.StartedAt) ?? _state.Created.At);

    private static string Human(TimeSpan time) =>
        time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#}s")
        : time.TotalHours < 1 ? $"{time.Minutes}m {time.Seconds}s"
        : $"{(long)time.TotalHours}h {time.Minutes}m {time.Seconds}s";

    // A task group by its id: what it has put out, else its inputs; or, for its members, an input by its name alone.
    private bool TryGroup(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        if (!rest.IsEmpty && _state.Find(GroupPrefix + name) is { } group
            && (TryTaskField(group, rest, out value)
                || (rest[0].Name is { } input && TryGroupInput(group.Instance, input, rest[1..], out value))))
        {
            return true;
        }

        for (var at = _task; at is not null; at = at.Around)
        {
            if (IsTaskGroup(at) && TryGroupInput(at, name, rest, out value))
            {
                return true;
            }
        }

        return false;
    }

    // Rendered in the group's own scope, wherever it is asked for. An input of a group may refer to anything but inputs of groups, so that
    // two of them cannot refer to each other for ever.
    private bool TryGroupInput(TaskInstance group, string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        if (_insideGroupInputs || !group.Planned.Definition.Inputs.TryGetValue(name, out var input))
        {
            return false;
        }

        var scope = new ExecutionScope(_state, group) { _insideGroupInputs = true, _insideOwnInputs = true };
        return ReferencePath.TryGetMember(TemplateValues.Render(input, scope), rest, out value);
    }

    private static bool IsTaskGroup(TaskInstance task) =>
        !task.Planned.IsAuthored && task.Planned.Segment.StartsWith(GroupPrefix, StringComparison.Ordinal);

    private bool TryAgent(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        return _task?.Planned.Definition.Agent is { } id
            && _state.Plan.Workflow.Agents.TryGetValue(id, out var agent)
            && agent.Inputs.TryGetValue(name, out var input)
            && input.Default is { } given
            && ReferencePath.TryGetMember(given, rest, out value);
    }

    // The iteration that a task is in or, before it has begun, that is about to begin; and the ones around it.
    private bool TryIteration(int outwards, out LoopAt loop)
    {
        loop = default;
        if (_task is null)
        {
            return false;
        }

        if (_upcoming >= 0 && outwards-- == 0)
        {
            loop = new LoopAt(_state.Task(_task), _upcoming);
            return true;
        }

        for (var at = _task; at.Around is { } around; at = around)
        {
            if (at.Iteration >= 0 && outwards-- == 0)
            {
                loop = new LoopAt(_state.Task(around), at.Iteration);
                return true;
            }
        }

        return false;
    }

    private bool TryLoopVariable(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        for (var outwards = 0; TryIteration(outwards, out var loop); outwards++)
        {
            if (name is "iteration" or "loop_index")
            {
                value = ExecutionConstants.Number(loop.Index);
                return rest.IsEmpty;
            }

            if (LoopTasks.VariableOf(loop.Definition.Matrix is null ? loop.Definition.Loop : null) == name)
            {
                return ReferencePath.TryGetMember(loop.Item, rest, out value);
            }
        }

        return false;
    }

    private bool TryLoop(ReadOnlySpan<ReferenceSegment> path, out JsonElement value)
    {
        value = default;
        var outwards = 0;
        while (path is [{ Name: "parent" }, _, ..])
        {
            outwards++;
            path = path[1..];
        }

        if (!TryIteration(outwards, out var loop) || path[0].Name is not { } name)
        {
            return false;
        }

        var found = name switch
        {
            "index" or "iteration" => ExecutionConstants.Number(loop.Index),
            "number" => ExecutionConstants.Number(loop.Index + 1),
            "item" => loop.Item,
            "count" when loop.Task.Loop is { } counted => ExecutionConstants.Number(counted.Count),
            "first" => ExecutionConstants.Truth(loop.Index == 0),
            "last" when loop.Task.Loop is { } counted => ExecutionConstants.Truth(loop.Index == counted.Count - 1),
            _ when LoopTasks.VariableOf(loop.Definition.Loop) == name => loop.Item,
            _ => default,
        };
        return found.ValueKind is not JsonValueKind.Undefined && ReferencePath.TryGetMember(found, path[1..], out value);
    }

    private bool TryMatrix(ReadOnlySpan<ReferenceSegment> path, out JsonElement value)
    {
        value = default;
        for (var outwards = 0; TryIteration(outwards, out var loop); outwards++)
        {
            if (loop.Definition.Matrix is not null && ReferencePath.TryGetMember(loop.Item, path, out value))
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct LoopAt(TaskState Task, int Index)
    {
        public Workflows.TaskDefinition Definition => Task.Instance.Planned.Definition;

        public JsonElement Item => Task.Loop is { } loop ? LoopCollections.ItemOf(Definition, loop, Index) : default;
    }
}
