namespace Periplon.Core.Executions;

public static partial class ExecutionMachine
{
    /// <summary>Whether an event changes nothing: the execution has ended, or the event's task is settled or unknown.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="happened">The event.</param>
    public static bool Ignores(ExecutionState state, ExecutionEvent happened)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.IsTerminal
            || (happened is TaskEvent taskEvent && (state.Find(taskEvent.Task) is not { } task || task.Status.IsSettled()));
    }
}
