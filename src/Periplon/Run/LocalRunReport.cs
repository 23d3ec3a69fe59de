using Periplon.Core.Executions;

namespace Periplon.Run;

/// <summary>Tells a display how a run goes, from the events as they are committed.</summary>
internal sealed class LocalRunReport(IRunProgress progress)
{
    private readonly Dictionary<string, (TaskRunStatus Status, int Attempt)> _shown = [];

    public void Begin(ExecutionState state) => progress.OnStarted(new LocalRunPlan(
        state.Created.WorkflowName,
        state.Created.WorkflowVersion,
        state.Created.ExecutionId,
        [.. Shown(state).Select(t => new PlannedTask(t.Instance.Path, null, t.Instance.Planned.Definition.Description, t.Status))]));

    public void OnChange(ExecutionState state, IReadOnlyList<ExecutionEvent> events)
    {
        // Several events of one turn may be about one task; only what it came to is shown.
        foreach (var path in events.OfType<TaskEvent>().Select(e => e.Task).Distinct())
        {
            if (state.Find(path) is not { Instance.Around: not null } task)
            {
                continue;
            }

            // A loop that went on, or handlers that began, are no news of the task itself.
            if (_shown.TryGetValue(path, out var shown) && shown == (task.Status, task.Attempt))
            {
                continue;
            }

            _shown[path] = (task.Status, task.Attempt);
            progress.OnTaskChanged(path, task.Status, task.Attempt, task.Failure?.Message ?? task.Reason);
        }
    }

    public static LocalRunResult End(ExecutionState state, TimeSpan duration, bool interrupted) => new()
    {
        ExecutionId = state.Created.ExecutionId,
        Status = state.Status,
        Duration = duration,
        Tasks = [.. Shown(state).Select(t => TaskResult(t.Instance.Path, t))],
        Error = state.Error ?? (interrupted && !state.IsTerminal ? "interrupted; continue with --resume" : null),
        Outputs = state.Outputs,
    };

    private static IEnumerable<TaskState> Shown(ExecutionState state) =>
        state.Tasks.Values.Where(task => task.Instance.Around is not null).OrderBy(task => task.Instance.Rank.Number);

    private static LocalTaskResult TaskResult(string path, TaskState task) => new(
        path, task.Status, task.Attempt,
        task.StartedAt is { } started && task.FinishedAt is { } finished ? finished - started : null,
        task.Failure?.Message ?? task.Reason);
}
