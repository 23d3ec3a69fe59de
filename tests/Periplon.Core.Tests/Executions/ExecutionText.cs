using Periplon.Core.Executions;
using Periplon.Core.Plans;

namespace Periplon.Core.Tests.Executions;

/// <summary>An execution for people who look for a defect: its plan, what is not settled, and what happened last.</summary>
internal static class ExecutionText
{
    public static string Of(MachineHarness run) => string.Join('\n', [
        $"status {run.State.Status}, at {run.Now:T}, max_parallel {run.Plan.Workflow.MaxParallel}, fail_fast {run.Plan.Workflow.FailFast}",
        "plan:",
        .. run.Plan.Tasks.Select(Of),
        "not settled:",
        .. run.State.Tasks.Values.Where(task => !task.Status.IsSettled()).OrderBy(task => task.Instance.Rank.Number).Select(Of),
        "last events:",
        .. run.Journal.TakeLast(30).Select(Of),
    ]);

    private static string Of(PlannedTask task) =>
        $"  {task.Path} {task.Shape} phase {task.ParentPhase} needs [{string.Join(' ', task.DependsOn)}] goes through "
        + $"[{string.Join(' ', task.Phases.Select(phase => $"{phase.Kind}:{phase.Block?.Tasks.Length}/{phase.Block?.MaxParallel}"))}]";

    private static string Of(TaskState task) =>
        $"  '{task.Instance.Path}' {task.Status} phase {task.Phase} open {task.OpenDependencies} wait {task.Wait?.Kind} due {task.DueAt:T} "
        + $"ended {task.Ended} stop {task.Stop} block {task.Block?.Unsettled}/{task.Block?.Active} held {task.Block?.Held.Count} "
        + $"loop {task.Loop?.Next}/{task.Loop?.Count} active {task.Loop?.Active.Count} {task.Loop?.Ended}";

    private static string Of(ExecutionEvent happened) =>
        $"  {happened.At:T} {happened.GetType().Name} {(happened as TaskEvent)?.Task} "
        + happened switch
        {
            TaskFailed e => $"{e.Attempt} {(e.Final ? "final" : "")} {e.Failure.Message}",
            TaskSkipped e => e.Reason,
            TaskCancelled e => e.Reason,
            TaskScheduled e => $"{e.Attempt} {e.Work}",
            TaskPhaseStarted e => $"{e.Phase}",
            _ => "",
        };
}
