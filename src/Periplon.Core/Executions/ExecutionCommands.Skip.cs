using System.Text.Json;
using Periplon.Core.Inputs;

namespace Periplon.Core.Executions;

public static partial class ExecutionCommands
{
    /// <summary>
    /// A person skips a task: it ends as skipped, or completed with the output that is given, and what depends on it goes on. What runs is
    /// stopped first; a task that ends well before it hears of it has completed.
    /// </summary>
    /// <param name="turn">The turn.</param>
    /// <param name="path">Task path.</param>
    /// <param name="by">Who skips it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="output">Its output: the members of an object are named outputs, anything else is text; null to skip it.</param>
    public static TaskSkipAnswer Skip(ExecutionTurn turn, string path, string? by, string? reason, JsonElement? output)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(path);
        var state = turn.State;
        if (state.IsTerminal || path.Length == 0 || state.Find(path) is not { } task)
        {
            return path.Length > 0 && state.Plan.Find(path) is { } planned && !state.IsTerminal
                ? new TaskSkipAnswer(TaskSkipStatus.NotThereYet, planned.Parent?.Path)
                : new TaskSkipAnswer(TaskSkipStatus.NotFound);
        }

        if (task.Status is TaskRunStatus.Skipped || task.Stop?.Skip is not null)
        {
            return new TaskSkipAnswer(TaskSkipStatus.Repeated);
        }

        if (task.Status.IsSettled())
        {
            return new TaskSkipAnswer(TaskSkipStatus.Settled, task.Status.ToWord());
        }

        if (task.Ended is { } ended)
        {
            return new TaskSkipAnswer(TaskSkipStatus.InHandlers, ended.ToWord());
        }

        if (state.FindStop(task.Instance) is { } stop)
        {
            return new TaskSkipAnswer(TaskSkipStatus.Stopping, stop.Reason);
        }

        var given = output is { } value ? TaskOutputs.OfGiven(value) : null;
        var masked = given is not null && SecretTexts.Of(state.Created) is { } secrets ? secrets.Mask(given) : given;
        var why = string.IsNullOrEmpty(reason) ? $"skipped by {by ?? "a person"}" : reason;
        ExecutionPlanner.RequestStop(turn, task.Instance, why, skip: new TaskSkip(by, masked));
        return new TaskSkipAnswer(TaskSkipStatus.Done, turn.State.Task(task.Instance).Status.ToWord());
    }
}

/// <summary>What became of the wish to skip a task.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Detail">
/// The task's status, why it is being stopped, or the task around it, as <paramref name="Status"/> needs it.
/// </param>
public sealed record TaskSkipAnswer(TaskSkipStatus Status, string? Detail = null);

/// <summary>What may become of the wish to skip a task.</summary>
public enum TaskSkipStatus
{
    /// <summary>Recorded: it is skipped, or will be as soon as what runs has stopped.</summary>
    Done,
    /// <summary>It is skipped already.</summary>
    Repeated,
    /// <summary>There is no such task.</summary>
    NotFound,
    /// <summary>It has not come into being: the task around it has not begun, or it is inside a loop.</summary>
    NotThereYet,
    /// <summary>It has ended.</summary>
    Settled,
    /// <summary>Its own work has ended, and its handlers run.</summary>
    InHandlers,
    /// <summary>It is being stopped already.</summary>
    Stopping,
}
