using Periplon.Client.Executions;
using Periplon.Run;

namespace Periplon.Commands;

/// <summary>Tasks as rows of a table: those inside others are indented, and a loop says how far it is.</summary>
internal static class TaskRows
{
    /// <summary>Columns task, status, attempt, took and message.</summary>
    /// <param name="tasks">The tasks, those inside others by their paths.</param>
    /// <param name="all">Whether iterations that completed are listed too.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Of(IReadOnlyList<TaskView> tasks, bool all)
    {
        var byPath = new Dictionary<string, TaskView>(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            byPath.TryAdd(task.Id, task);
        }

        var children = byPath.Values.ToLookup(task => TaskPaths.ParentOf(task.Id, byPath.ContainsKey) ?? "", StringComparer.Ordinal);
        var rows = new List<IReadOnlyList<string>>();
        // A stack, not recursion: each task's own tasks follow it, however deep they are.
        var open = new Stack<(TaskView Task, string Parent, int Depth)>(children[""].Reverse().Select(task => (task, "", 0)));
        while (open.TryPop(out var next))
        {
            var inner = children[next.Task.Id].Where(task => task.Id.Length > 0 && task.Id != next.Task.Id).ToArray();
            rows.Add(Row(next.Task, next.Parent, next.Depth, inner));
            foreach (var task in inner.Reverse().Where(
                task => all || task.Status != "completed" || !TaskPaths.IsIteration(task.Id, next.Task.Id)))
            {
                open.Push((task, next.Task.Id, next.Depth + 1));
            }
        }

        return rows;
    }

    private static string[] Row(TaskView task, string parent, int depth, TaskView[] inner)
    {
        var iterations = inner.Where(each => TaskPaths.IsIteration(each.Id, task.Id)).ToArray();
        var settled = iterations.Count(each => each.Status is "completed" or "failed" or "skipped" or "cancelled");
        string[] message =
        [
            .. iterations.Length > 0 ? [$"{settled} of {Counted.Of(iterations.Length, "iteration")}"] : Array.Empty<string>(),
            .. (task.Error ?? task.Reason) is { } reason ? [Counted.FirstLine(CellText.Printable(reason))] : Array.Empty<string>(),
        ];
        return
        [
            new string(' ', 2 * depth) + TaskPaths.Leaf(task.Id, parent.Length > 0 ? parent : null), task.Status,
            task.Attempt > 0 ? $"{task.Attempt}" : "", ClientCall.Duration(task.StartedAt, task.CompletedAt), string.Join("; ", message),
        ];
    }
}
