using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

public static partial class ExecutionMachine
{
    // The state map is there from the beginning: the order in which kept tasks are settled again is not the one in which they wrote it.
    private static ExecutionState WithKept(ExecutionState state)
    {
        if (state.Created.Kept is not { Count: > 0 } kept)
        {
            return state;
        }

        var tasks = state.Kept.ToBuilder();
        var values = state.Values.ToBuilder();
        foreach (var task in kept)
        {
            tasks[task.Task] = task;
            foreach (var (key, value) in task.Written ?? Map<JsonElement>.Empty)
            {
                values[key] = value;
            }
        }

        return state with { Kept = tasks.ToImmutable(), Values = values.ToImmutable() };
    }

    // What is kept counts once: another round of the work around it runs it.
    private static ExecutionState Keep(ExecutionState state, TaskState before, DateTimeOffset at) =>
        state.Kept.TryGetValue(before.Instance.Path, out var kept)
            ? Settle(
                state with { Kept = state.Kept.Remove(kept.Task) },
                before with { Output = kept.Output, Failure = null, Reason = kept.Reason, IsKept = true },
                kept.Status,
                at)
            : state;
}
