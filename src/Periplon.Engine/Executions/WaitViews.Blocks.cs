using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

// Loops and groups wait for what is inside them: only those around what is shown already, so that the answer stays short.
internal static partial class WaitViews
{
    private static List<WaitView> Around(ExecutionState state, List<WaitView> inside)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var links = new List<WaitView>();
        foreach (var link in inside.Take(MaxLinks))
        {
            for (var at = link.Task is { } path ? state.Find(path)?.Instance.Around : null; at?.Around is not null; at = at.Around)
            {
                if (!seen.Add(at.Path))
                {
                    break;
                }

                if (OfBlock(state.Task(at)) is { } around)
                {
                    links.Add(around);
                }
            }
        }

        return links;
    }

    // An iteration is told by its loop.
    private static WaitView? OfBlock(TaskState task)
    {
        var path = task.Instance.Path;
        var link = new WaitView
        {
            Task = path, WaitsFor = "", Message = "", WakesBy = "", WakesAt = task.DeadlineAt, Since = task.StartedAt,
        };
        return task switch
        {
            { Loop: { } loop } => link with
            {
                WaitsFor = "iterations",
                Message = $"Loop '{path}' has begun {loop.Next} of at most {loop.Count} iterations; "
                    + $"{loop.Active.Count} of them are under way",
                HeldBy = string.Join(", ", loop.Active.Take(3).Select(task.Instance.PathOf)),
                WakesBy = "the end of an iteration",
            },
            { Block: { } block, Instance.Planned.IsIteration: false } => link with
            {
                WaitsFor = "subtasks",
                Message = $"Task '{path}' waits for {block.Unsettled} of the {block.Tasks.Length} tasks inside it",
                HeldBy = path,
                WakesBy = "the end of these tasks",
            },
            _ => null,
        };
    }
}
