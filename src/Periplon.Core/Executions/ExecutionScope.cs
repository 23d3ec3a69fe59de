using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Plans;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

/// <summary>
/// What texts and conditions of a task may refer to (design §8.3): <c>workflow</c>, <c>input</c> and <c>subflow</c> (inputs), <c>task</c>
/// (own inputs, loop variables, then tasks, the nearest first), <c>loop</c>, <c>matrix</c>, <c>group</c>, <c>agent</c>, <c>state</c>,
/// <c>execution</c>, <c>metadata</c>; a name alone is a loop variable or an input. Secrets and environment are the worker's.
/// </summary>
public sealed partial class ExecutionScope : IConditionScope
{
    private readonly ExecutionState _state;
    private readonly TaskInstance? _task;
    private readonly int _upcoming;
    private bool _insideOwnInputs;
    private bool _insideGroupInputs;

    /// <summary>The scope of a task.</summary>
    /// <param name="state">The execution.</param>
    /// <param name="task">The task; null for texts of the workflow itself.</param>
    /// <param name="upcoming">Number of the iteration of the task's loop that is about to begin; −1 for none.</param>
    public ExecutionScope(ExecutionState state, TaskInstance? task, int upcoming = -1)
    {
        ArgumentNullException.ThrowIfNull(state);
        (_state, _task, _upcoming) = (state, task, upcoming);
    }

    /// <inheritdoc/>
    public bool HasFailure
    {
        get
        {
            for (var at = _task; at?.Around is { } around; at = around)
            {
                if (around.Planned.Phases[at.Planned.ParentPhase].IsProtected)
                {
                    // In handlers the question is how what they belong to ended.
                    return around.Around is null
                        ? (_state.FirstFailure ?? _state.Root.FailedHandler) is not null || _state.TimeLimitReachedAt is not null
                        : _state.Task(around).EndedSoFar is TaskRunStatus.Failed;
                }
            }

            return _task is null ? _state.FirstFailure is not null : _task.Planned.DependsOn.Any(IsFailed);
        }
    }

    /// <inheritdoc/>
    public bool IsCancelled => _state.CancelRequestedAt is not null;

    /// <inheritdoc/>
    public TaskRunStatus? FindTaskStatus(string task) => FindTask(task)?.Status;

    /// <inheritdoc/>
    public bool TryGetState(string key, out JsonElement value) => _state.Values.TryGetValue(key, out value);

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
            return TryName(path.Root, path.From(1), out value);
        }

        var name = path.Segments[1].Name!;
        var rest = path.From(2);
        return path.Root switch
        {
            "workflow" or "input" => TryFollow(_state.Created.Inputs, name, rest, out value) || TryWorkflowField(name, rest, out value),
            "subflow" when TryFollow(_state.Created.Inputs, name, rest, out value) => true,
            "task" => TryTask(name, path, out value),
            "loop" when TryLoop(path.From(1), out value) => true,
            "matrix" when TryMatrix(path.From(1), out value) => true,
            "group" when TryGroup(name, rest, out value) => true,
            "agent" when TryAgent(name, rest, out value) => true,
            "state" => _state.Values.TryGetValue(name, out var found) && ReferencePath.TryGetMember(found, rest, out value),
            "execution" => TryExecutionField(name, rest, out value),
            "metadata" => TryMetadata(name, rest, out value),
            _ => TryName(path.Root, path.From(1), out value),
        };
    }

    /// <summary>The task that a name means here, the nearest first; null when there is none or it has not come into being.</summary>
    /// <param name="name">An id, a dotted path, or the path of an instance.</param>
    internal TaskState? FindTask(string name) => FindInIteration(name) ?? FindBesideOrAround(name);

    // Conditions of a loop ask about the tasks inside it: those of the iteration that has just ended.
    private TaskState? FindInIteration(string name)
    {
        var iteration = _task is { Planned.IsIteration: true } ? _task
            : _task is not null && _upcoming > 0 ? _state.Find(_task.PathOf(_upcoming - 1))?.Instance
            : null;
        return iteration is not null && NameScope.Inner(iteration.Planned, name) is { } planned
            ? _state.FindSeenFrom(iteration, planned)
            : null;
    }

    private TaskState? FindBesideOrAround(string name) =>
        (_task?.Planned.Names ?? _state.Plan.Root.Names).Find(name) is { } planned && _state.FindSeenFrom(_task, planned) is { } seen
            ? seen
            : _state.Find(name);

    private bool IsFailed(PlannedTask planned) =>
        _state.FindOrAround(_task, planned) is { } on
        && (on.Status is TaskRunStatus.Failed || (on.Status is TaskRunStatus.Skipped && on.SkippedUpstream));

    private bool TryName(string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value) =>
        TryLoopVariable(name, rest, out value) || TryFollow(_state.Created.Inputs, name, rest, out value);

    private static bool TryFollow(
        IReadOnlyDictionary<string, JsonElement> values, string name, ReadOnlySpan<ReferenceSegment> rest, out JsonElement value)
    {
        value = default;
        return values.TryGetValue(name, out var found) && ReferencePath.TryGetMember(found, rest, out value);
    }

    private bool TryTask(string name, ReferencePath path, out JsonElement value)
    {
        value = default;
        var rest = path.From(2);
        if (_task is not null && !_insideOwnInputs && FindOwnInput(name) is { } own)
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

        if (TryLoopVariable(name, rest, out value) || TryOtherTask(path, out value))
        {
            return true;
        }

        // Own output names and fields, for set_state and outputs of the task itself; a handler's task means what it belongs to.
        return _task is not null && TryTaskField(_state.Task(Subject(_task)), path.From(1), out value);
    }

    // Inputs of a task are seen by everything inside it.
    private JsonElement? FindOwnInput(string name)
    {
        for (var at = _task; at is not null; at = at.Around)
        {
            if (at.Planned.Definition.Inputs.TryGetValue(name, out var own))
            {
                return own;
            }
        }

        return null;
    }

    // task.parent.child.output, task.loop[2].output: the longest beginning that is a task and leaves something to ask it for.
    private bool TryOtherTask(ReferencePath path, out JsonElement value)
    {
        value = default;
        return FindTaskOf(path, out var used) is { } found && TryTaskField(found, path.From(used + 1), out value);
    }

    /// <summary>The other task that a reference <c>task.…</c> asks; null when there is none.</summary>
    internal TaskState? FindTaskOf(ReferencePath path) => FindTaskOf(path, out _);

    private TaskState? FindTaskOf(ReferencePath path, out int used)
    {
        var segments = path.Segments;
        TaskState? found = null;
        used = 0;
        var name = "";
        for (var length = 1; length < segments.Count - 1 && length <= 16; length++)
        {
            var segment = segments[length];
            name += segment.IsIndex ? $"[{segment.Index}]" : name.Length == 0 ? segment.Name : "." + segment.Name;
            if (FindTask(name) is { } task)
            {
                (found, used) = (task, length);
            }
        }

        return found;
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
                return output is not null
                    && ReferencePath.TryGetMember(ExecutionConstants.Text(OutputText.Referenced(output)), rest, out value);
            case "outputs":
                return !rest.IsEmpty && !rest[0].IsIndex && output?.Values is { } values
                    && TryFollow(values, rest[0].Name!, rest[1..], out value);
            case "status":
                return ReferencePath.TryGetMember(ExecutionConstants.Text((found.EndedSoFar ?? found.Status).ToWord()), rest, out value);
            case "error":
                return ReferencePath.TryGetMember(ExecutionConstants.Text(found.Failure?.Message), rest, out value);
            case "exit_code" when (output?.ExitCode ?? found.Failure?.ExitCode) is { } code:
                return ReferencePath.TryGetMember(ExecutionConstants.Number(code), rest, out value);
            default:
                return output?.Values is { } named && TryFollow(named, path[0].Name!, rest, out value);
        }
    }
}
