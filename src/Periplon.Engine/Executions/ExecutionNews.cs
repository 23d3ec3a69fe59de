using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

/// <summary>
/// What a turn has changed, found from its events: comparing whole sets of tasks would cost as much as there are tasks, at every commit.
/// </summary>
internal static class ExecutionNews
{
    /// <summary>Tasks that have become ready.</summary>
    public static IEnumerable<TaskRank> Ready(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        var ready = new SortedSet<TaskRank>();
        foreach (var happened in events)
        {
            if (happened is TaskEvent { Task: var path } && after.Find(path) is { Status: TaskRunStatus.Ready } task
                && after.Ready.Contains(task.Instance.Rank) && !before.Ready.Contains(task.Instance.Rank))
            {
                ready.Add(task.Instance.Rank);
            }
        }

        return ready;
    }

    /// <summary>Whether running or waiting tasks may have to be stopped that did not have to be before.</summary>
    public static bool HasStops(ExecutionState after, IReadOnlyList<ExecutionEvent> events) =>
        !after.Stopping.IsEmpty && events.Any(e => e is TaskStopRequested or CancelRequested or TaskStarted or TaskWaiting);
}
