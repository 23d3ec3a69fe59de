using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Executions;

internal static partial class WaitViews
{
    private const int MostWorkersShown = 10;

    private static WaitView Ready(ExecutionState state, TaskInstance task, IReadOnlyList<LiveWorker>? workers)
    {
        var ready = state.Task(task);
        var tags = task.Planned.WorkerTags;
        var link = new WaitView
        {
            Task = task.Path,
            WaitsFor = "worker",
            Message = $"Task '{task.Path}' waits for a free slot of a worker{(tags.Count > 0 ? $" that carries {TagsOf(tags)}" : "")}",
            HeldBy = "the queue",
            WakesBy = "a worker that takes it, or the next look of the sweep",

            // What waits for its first worker is found by its place in the queue, at no time of its own.
            WakesAt = Queue.QueueLanes.Of(state) is null
                ? (ready.ScheduledAt ?? state.LastEventAt) + ExecutionRows.SafetyInterval
                : ExecutionPlanner.NextTimer(state),
            Since = ready.ScheduledAt,
        };
        return workers is null || workers.Any(worker => worker.Takes(tags)) ? link : link with
        {
            Message = tags.Count > 0
                ? $"Task '{task.Path}' waits for a worker that carries {TagsOf(tags)}, and no live worker that takes work does. "
                    + Describe(workers)
                : $"Task '{task.Path}' waits for a worker, and no live worker takes work. {Describe(workers)}",
            HeldBy = "nobody",
            WakesBy = tags.Count > 0 ? $"a worker that joins the cluster with {TagsOf(tags)}" : "a worker that joins the cluster",
        };
    }

    private static string TagsOf(IReadOnlyCollection<string> tags) =>
        $"the {(tags.Count == 1 ? "tag" : "tags")} {string.Join(", ", tags)}";

    private static string Describe(IReadOnlyList<LiveWorker> workers)
    {
        var running = workers.Where(worker => worker.Stats.Slots > 0).ToList();
        if (running.Count == 0)
        {
            return "There are no workers: start one with 'periplon worker', or a server with worker.slots above 0";
        }

        var shown = running.Take(MostWorkersShown).Select(worker =>
            $"{worker.Name} ({(worker.Stats.Tags.Count > 0 ? TagsOf(worker.Stats.Tags) : "no tags")}"
            + $"{(worker.Stats.Draining ? ", stopping" : "")})");
        var more = running.Count > MostWorkersShown ? $" and {running.Count - MostWorkersShown} more" : "";
        return $"Live workers: {string.Join("; ", shown)}{more}";
    }
}
