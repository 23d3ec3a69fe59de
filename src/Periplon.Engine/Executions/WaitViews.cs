using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Executions;

/// <summary>The answer to "why has it not ended?": a question to the state, never to a second record of it.</summary>
internal static partial class WaitViews
{
    // Nobody reads further, and an execution may have ten thousand tasks.
    private const int MaxLinks = 100;

    public static IReadOnlyList<WaitView> Of(
        ExecutionState state, IReadOnlyDictionary<string, PlacesView>? places = null, IReadOnlyList<LiveWorker>? workers = null)
    {
        // Names of signals and keys of limits may be made of secret inputs.
        var links = LinksOf(state, places, workers);
        return SecretTexts.Of(state.Created) is { } secrets
            ? [.. links.Select(link => link with
            {
                Message = secrets.Mask(link.Message), WakesBy = secrets.Mask(link.WakesBy),
                HeldBy = link.HeldBy is { } holder ? secrets.Mask(holder) : null,
            })]
            : links;
    }

    private static List<WaitView> LinksOf(
        ExecutionState state, IReadOnlyDictionary<string, PlacesView>? places, IReadOnlyList<LiveWorker>? workers)
    {
        if (state.IsTerminal)
        {
            return [];
        }

        var links = new List<WaitView>();
        if (state.IsEnding)
        {
            links.Add(new WaitView
            {
                WaitsFor = "cancel",
                Message = $"The execution is ending; {state.Running.Count} running attempts have yet to confirm that they stopped",
                WakesBy = "the workers' reports, or the end of the grace period",
                WakesAt = ExecutionPlanner.NextTimer(state),
                Since = state.CancelRequestedAt ?? state.TimeLimitReachedAt,
            });
        }
        else if (state.IsPaused)
        {
            links.Add(new WaitView { WaitsFor = "resume", Message = "The execution is paused", HeldBy = "a person", WakesBy = "resume" });
        }

        // What moves comes first, what waits for it after.
        links.AddRange(state.Running.Take(MaxLinks).Select(rank => Running(state, rank.Task)));
        links.AddRange(state.Delayed.Take(MaxLinks).Select(delayed => Delayed(state, delayed.Task)));
        links.AddRange(state.Waiting.Take(MaxLinks).Select(rank => Waiting(state, state.Task(rank.Task), places)));
        links.AddRange(state.Timers.Where(timer => IsLoopDelay(state, timer)).Take(MaxLinks).Select(timer => LoopDelay(state, timer)));
        links.AddRange(state.Ready.Take(MaxLinks).Select(rank => Ready(state, rank.Task, workers)));
        links.AddRange(state.Open.Take(MaxLinks).Select(rank => Open(state, rank.Task)));
        links.AddRange(Around(state, links));
        if (links.Count < MaxLinks)
        {
            links.AddRange(state.Tasks.Values
                .Where(task => task is { Status: TaskRunStatus.Pending, OpenDependencies: > 0 })
                .OrderBy(task => task.Instance.Rank.Number)
                .Take(MaxLinks)
                .Select(task => Dependent(state, task.Instance)));
        }

        return links.Count > MaxLinks ? links.GetRange(0, MaxLinks) : links;
    }

    private static WaitView Running(ExecutionState state, TaskInstance task)
    {
        var running = state.Task(task);
        if (state.FindStop(task) is { } stop)
        {
            return new WaitView
            {
                Task = task.Path,
                WaitsFor = "attempt",
                Message = $"Attempt {running.Attempt} of task '{task.Path}' was told to stop ({stop.Reason}); "
                    + $"worker {running.Worker} has yet to confirm",
                HeldBy = running.Worker,
                WakesBy = "the worker's report, or the end of the grace period",
                WakesAt = running.GivesUpAt,
                Since = stop.At,
            };
        }

        return new WaitView
        {
            Task = task.Path,
            WaitsFor = "attempt",
            Message = $"Attempt {running.Attempt} of task '{task.Path}' runs on worker {running.Worker}",
            HeldBy = running.Worker,
            WakesBy = task.Planned.TimeoutSecs is null
                ? "the worker's report, or the worker's death"
                : "the worker's report, its time limit, or the worker's death",
            WakesAt = running.StartedAt + (task.Planned.TimeoutSecs is { } seconds ? TimeSpan.FromSeconds(seconds) : ExecutionRows.SafetyInterval),
            Since = running.StartedAt,
        };
    }

    private static WaitView Delayed(ExecutionState state, TaskInstance task)
    {
        var waiting = state.Task(task);
        return new WaitView
        {
            Task = task.Path,
            WaitsFor = "retry_delay",
            Message =
                $"Attempt {waiting.Attempt} of task '{task.Path}' failed ({waiting.Failure?.Message}); "
                + $"attempt {waiting.Attempt + 1} follows",
            HeldBy = "a timer",
            WakesBy = "the timer",
            WakesAt = waiting.DueAt,
            Since = waiting.StartedAt,
        };
    }

    private static WaitView Open(ExecutionState state, TaskInstance task) => new()
    {
        Task = task.Path,
        WaitsFor = state.IsPaused ? "resume" : "max_parallel",
        Message = state.IsPaused
            ? $"Task '{task.Path}' waits until the execution is resumed"
            : $"Task '{task.Path}' waits until fewer than max_parallel = {state.Plan.Workflow.MaxParallel} tasks of this execution run",
        HeldBy = state.IsPaused
            ? "a person"
            : string.Join(", ", state.Running.Concat(state.Ready).Take(3).Select(r => r.Task.Path)),
        WakesBy = state.IsPaused ? "resume" : "the end of one of them",
    };

    private static WaitView Dependent(ExecutionState state, TaskInstance task)
    {
        var open = task.Planned.DependsOn.Select(on => state.FindSeenFrom(task, on))
            .Where(on => on is { } found && !found.Status.IsSettled()).Select(on => on!.Instance.Path).ToList();
        return new WaitView
        {
            Task = task.Path,
            WaitsFor = "dependency",
            Message = $"Task '{task.Path}' waits for {string.Join(", ", open.Select(path => $"'{path}'"))}",
            HeldBy = string.Join(", ", open),
            WakesBy = "the end of these tasks",
        };
    }
}
