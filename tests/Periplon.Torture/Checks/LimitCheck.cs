using Periplon.Torture.Ledger;
using Periplon.Torture.Load;

namespace Periplon.Torture.Checks;

/// <summary>
/// No more run at once under a limit than it has places. A run counts from its start to its end, and no longer than until its outcome is
/// recorded: that is when the place goes to the next, and what still runs then is a zombie, whose report is dropped. Runs of one holder
/// count once.
/// </summary>
internal static class LimitCheck
{
    public static void Run(
        IReadOnlyDictionary<Guid, StoredExecution> stored, IReadOnlyList<TaskRun> runs, IReadOnlyDictionary<Guid, StartedExecution> started,
        Violations violations)
    {
        foreach (var ofLimit in runs.Where(run => started.GetValueOrDefault(run.Key.Execution)?.Workload.Limit is not null)
            .GroupBy(run => started[run.Key.Execution].Workload.Limit!))
        {
            var intervals = ofLimit.Where(run => stored.ContainsKey(run.Key.Execution))
                .Select(run => (Run: run, Until: Until(stored[run.Key.Execution], run, ofLimit.Key)))
                .Where(each => each.Until > each.Run.StartedAt)
                .ToList();
            Check(ofLimit.Key, intervals, violations);
        }
    }

    private static DateTimeOffset Until(StoredExecution execution, TaskRun run, LoadLimit limit)
    {
        var settled = (limit.OfExecutions ? execution.CompletedAt : execution.SettledAt(run.Key.Task)) ?? DateTimeOffset.MaxValue;
        return run.EndedAt < settled ? run.EndedAt.Value : settled;
    }

    private static void Check(LoadLimit limit, List<(TaskRun Run, DateTimeOffset Until)> intervals, Violations violations)
    {
        var active = new Dictionary<string, List<TaskRun>>();
        var starts = intervals.Select(each => (At: each.Run.StartedAt, IsStart: true, each.Run));
        var steps = starts.Concat(intervals.Select(each => (At: each.Until, IsStart: false, each.Run)))
            .OrderBy(step => step.At).ThenBy(step => step.IsStart);
        foreach (var (at, isStart, run) in steps)
        {
            var holder = limit.OfExecutions ? $"{run.Key.Execution}" : $"{run.Key.Execution}/{run.Key.Task}";
            if (!isStart)
            {
                if (active.TryGetValue(holder, out var ofHolder) && ofHolder.Remove(run) && ofHolder.Count == 0)
                {
                    active.Remove(holder);
                }

                continue;
            }

            if (!active.TryGetValue(holder, out var others))
            {
                active.Add(holder, others = []);
            }

            others.Add(run);
            if (active.Count > limit.Places)
            {
                violations.Add(
                    "limit", $"At {at:HH:mm:ss.fff} {active.Count} ran under the limit '{limit.Key}' of {limit.Places}: "
                    + string.Join("; ", active.Values.SelectMany(each => each)), run.Key.Execution);
            }
        }
    }
}
