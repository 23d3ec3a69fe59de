using Periplon.Core.Executions;
using Periplon.Torture.Cluster;
using Periplon.Torture.Ledger;
using Periplon.Torture.Load;

namespace Periplon.Torture.Checks;

/// <summary>
/// What tasks did outside, against what is recorded. No attempt begins after its outcome was recorded; none begins more often than it was
/// handed out; what is recorded as done was done.
/// </summary>
/// <remarks>
/// A process that stood still between the claim of an attempt and its start may begin it when it comes to itself, before anybody can
/// tell it that it is dead. That counts as the start of a zombie, not as a violation, within <see cref="ZombieWindow"/> of its waking up.
/// </remarks>
internal static class EffectCheck
{
    public static readonly TimeSpan ZombieWindow = TimeSpan.FromSeconds(5);

    // The two clocks are one, but a line is written a moment after its time was read.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(20);

    /// <summary>Checks; returns how many starts of zombies there were.</summary>
    public static int Run(
        IReadOnlyDictionary<Guid, StoredExecution> stored, IReadOnlyList<TaskRun> runs, IReadOnlyList<Life> lives, Violations violations)
    {
        var zombies = 0;
        var byExecution = runs.ToLookup(run => run.Key.Execution);
        var byLife = lives.ToDictionary(life => life.Name);
        foreach (var stranger in byExecution.Where(ofOne => !stored.ContainsKey(ofOne.Key)))
        {
            violations.Add("stranger", $"The ledger has runs of execution {stranger.Key}, which is not stored: {stranger.First()}");
        }

        foreach (var execution in stored.Values)
        {
            zombies += CheckRepetitions(execution, [.. byExecution[execution.Id]], byLife, violations);
            CheckDone(execution, [.. byExecution[execution.Id]], violations);
        }

        return zombies;
    }

    private static int CheckRepetitions(
        StoredExecution execution, List<TaskRun> runs, Dictionary<string, Life> lives, Violations violations)
    {
        var zombies = 0;
        foreach (var ofAttempt in runs.GroupBy(run => run.Key))
        {
            var events = execution.Events.OfType<TaskEvent>().Where(e => e.Task == ofAttempt.Key.Task).ToList();
            var deliveries = events.OfType<TaskStarted>().Count(e => e.Attempt == ofAttempt.Key.Attempt);
            if (ofAttempt.Count() > deliveries)
            {
                violations.Add(
                    "more-runs", $"Attempt {ofAttempt.Key} was handed out {deliveries} times and began {ofAttempt.Count()} times: "
                    + string.Join("; ", ofAttempt), execution.Id);
            }

            var ended = events.FirstOrDefault(e => e switch
            {
                TaskCompleted => true,
                TaskFailed { GivenUp: false } failed => failed.Attempt >= ofAttempt.Key.Attempt,
                _ => false,
            });
            foreach (var late in ofAttempt.Where(run => ended is not null && run.StartedAt > ended.At + Tolerance))
            {
                if (IsZombie(late, lives))
                {
                    zombies++;
                    continue;
                }

                violations.Add(
                    "ran-again", $"Attempt {late.Key} began after its outcome was recorded at {ended!.At:HH:mm:ss.fff}: {late}",
                    execution.Id);
            }
        }

        return zombies;
    }

    private static bool IsZombie(TaskRun run, Dictionary<string, Life> lives) =>
        lives.TryGetValue(run.Life, out var life) && life.ThawedAt is { } thawed
        && run.StartedAt >= thawed - Tolerance && run.StartedAt <= thawed + ZombieWindow;

    private static void CheckDone(StoredExecution execution, List<TaskRun> runs, Violations violations)
    {
        foreach (var completed in execution.Events.OfType<TaskCompleted>().Where(e => e.Attempt > 0 && Workloads.WritesLedger(e.Task)))
        {
            // A loop of such tasks completes too, and only its iterations run.
            var isRun = execution.Events.OfType<TaskStarted>().Any(e => e.Task == completed.Task);
            if (isRun && !runs.Any(run => run.Key.Task == completed.Task && run.Key.Attempt == completed.Attempt
                && run.EndedAt <= completed.At + Tolerance))
            {
                violations.Add(
                    "not-done", $"Execution {execution.Id}: task '{completed.Task}' is recorded as done at {completed.At:HH:mm:ss.fff}, "
                    + "and the ledger has no run that had ended by then", execution.Id);
            }
        }
    }
}
