using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Names;
using Periplon.Core.Plans;

namespace Periplon.Core.Retries;

/// <summary>
/// Decides what a retry keeps of an ended execution. What did not end well runs again, and so does everything that depends on it; what
/// else completed is kept with its outputs. Pure.
/// </summary>
public static class RetryPlanner
{
    // A list of more names helps nobody.
    private const int MaxProblems = 20;

    /// <summary>Decides what is kept.</summary>
    /// <param name="ended">The ended execution.</param>
    /// <param name="plan">Plan of the revision that the retry runs; may be that of the ended execution.</param>
    /// <param name="choice">What is to run again.</param>
    public static RetryPlan Decide(ExecutionState ended, ExecutionPlan plan, RetryChoice choice)
    {
        ArgumentNullException.ThrowIfNull(ended);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(choice);
        if (choice.FromStart)
        {
            return new RetryPlan([], [], HasWork: true);
        }

        if (choice.FromTask is { } from && plan.Find(from) is null or { Parent: null })
        {
            var names = plan.Tasks.Where(task => task.IsAuthored).Select(task => task.Path);
            var message = $"The workflow has no task '{choice.FromTask}'. {NearestName.Suggest(choice.FromTask!, names)}";
            return new RetryPlan([], [new RetryProblem("from_task", message.TrimEnd())], true);
        }

        // By both plans: a task whose dependencies are others now must not be kept for the old ones, nor against them.
        var old = new RerunSelection(ended, ended.Plan, choice.FromTask);
        old.Close();
        var selection = old;
        if (!ReferenceEquals(plan, ended.Plan))
        {
            selection = new RerunSelection(ended, plan, choice.FromTask, old);
            selection.Close();
        }

        var isOther = !ReferenceEquals(plan, ended.Plan);
        var problems = isOther ? Misfits(ended, old, plan).Take(MaxProblems).ToList() : [];
        var paths = selection.Kept(choice.AsksConditionsAgain || isOther);
        var kept = problems.Count > 0 ? [] : KeptOf(ended, selection, paths);
        var hasWork = ended.Status is not ExecutionStatus.Completed || choice.FromTask is not null || selection.HasReruns;
        return new RetryPlan(kept, problems, hasWork);
    }

    // What would be kept must be there and be the same kind of thing.
    private static IEnumerable<RetryProblem> Misfits(ExecutionState ended, RerunSelection old, ExecutionPlan plan)
    {
        foreach (var path in old.Kept(asksConditionsAgain: true))
        {
            var was = ended.Plan.Find(path)!;
            if (plan.Find(path) is not { } now)
            {
                yield return new("revision", $"Task '{path}' completed, and the other revision does not have it");
            }
            else if (!TaskKinds.AreSame(was, now))
            {
                yield return new(
                    "revision", $"Task '{path}' completed as {TaskKinds.WordOf(was)}, and the other revision has it as {TaskKinds.WordOf(now)}");
            }
        }
    }

    private static List<KeptTask> KeptOf(ExecutionState ended, RerunSelection selection, HashSet<string> paths)
    {
        var before = new Dictionary<string, (int Index, KeptTask Task)>(StringComparer.Ordinal);
        foreach (var task in ended.Created.Kept ?? [])
        {
            before[task.Task] = (before.Count, task);
        }

        var written = WrittenInLoops(ended, paths);
        return [.. paths.Select(path => ended.Find(path)!)
            .OrderBy(task => task.IsKept && before.TryGetValue(task.Instance.Path, out var earlier) ? earlier.Index : int.MaxValue)
            .ThenBy(task => task.FinishedAt).ThenBy(task => task.Instance.Rank.Number)
            .Select(task => new KeptTask
            {
                Task = task.Instance.Path, Status = task.Status, Output = task.Output, Reason = task.Reason, Case = task.Case,
                IsWhole = selection.IsWhole(task.Instance.Path),
                State = written.GetValueOrDefault(task.Instance.Path)
                    ?? (task.IsKept && before.TryGetValue(task.Instance.Path, out var earlier) ? earlier.Task.State : null),
            })];
    }

    // A loop is kept without its iterations, but not without what they wrote.
    private static Dictionary<string, Dictionary<string, JsonElement>> WrittenInLoops(ExecutionState ended, HashSet<string> paths)
    {
        var written = new Dictionary<string, Dictionary<string, JsonElement>>(StringComparer.Ordinal);
        var writers = ended.Tasks.Values.Where(task => task.Status is TaskRunStatus.Completed && task.Output?.State is { Count: > 0 })
            .OrderBy(task => task.FinishedAt).ThenBy(task => task.Instance.Rank.Number);
        foreach (var writer in writers)
        {
            if (LoopAround(writer.Instance) is not { } loop || !paths.Contains(loop.Path))
            {
                continue;
            }

            if (!written.TryGetValue(loop.Path, out var values))
            {
                written[loop.Path] = values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            }

            foreach (var (key, value) in writer.Output!.State!)
            {
                values[key] = value;
            }
        }

        return written;
    }

    private static TaskInstance? LoopAround(TaskInstance task)
    {
        TaskInstance? loop = null;
        for (var at = task; at is not null; at = at.Around)
        {
            loop = at.Planned.Shape is TaskShape.Loop ? at : loop;
        }

        return loop;
    }
}
