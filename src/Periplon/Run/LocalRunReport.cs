using System.Collections.Concurrent;
using Periplon.Core.Executions;

namespace Periplon.Run;

/// <summary>
/// Tells a display how a run goes, from the events as they are committed. Tasks of a subflow are shown below the task that runs it:
/// <c>call/say</c>.
/// </summary>
internal sealed class LocalRunReport(IRunProgress progress)
{
    private readonly Dictionary<string, (TaskRunStatus Status, int Attempt)> _shown = [];
    private readonly ConcurrentDictionary<Guid, string> _prefixes = [];

    // The newest child of each task, by its prefix.
    private readonly SortedDictionary<string, ExecutionState> _children = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public IRunProgress Progress => progress;

    /// <summary>The path of a task among all tasks of the run.</summary>
    public string PathOf(Guid execution, string task) => _prefixes.GetValueOrDefault(execution, "") + task;

    public void Begin(ExecutionState state) => progress.OnStarted(new LocalRunPlan(
        state.Created.WorkflowName,
        state.Created.WorkflowVersion,
        state.Created.ExecutionId,
        [.. Shown(state).Select(t => new PlannedTask(t.Instance.Path, null, t.Instance.Planned.Definition.Description, t.Status))]));

    /// <summary>Something was recorded, or a child execution was opened.</summary>
    public void OnChange(ExecutionState state, IReadOnlyList<ExecutionEvent> events)
    {
        // Several events of one turn may be about one task; only what it came to is shown. Executions report from threads of their own.
        lock (_gate)
        {
            var prefix = PrefixOf(state);
            foreach (var path in events.OfType<TaskEvent>().Select(e => e.Task).Distinct())
            {
                if (state.Find(path) is { Instance.Around: not null } task)
                {
                    Show(prefix + path, task);
                }
            }
        }
    }

    public LocalRunResult End(ExecutionState state, TimeSpan duration, bool interrupted)
    {
        lock (_gate)
        {
            return new()
            {
                ExecutionId = state.Created.ExecutionId,
                Status = state.Status,
                Duration = duration,
                Tasks =
                [
                    .. Shown(state).Select(task => TaskResult("", task)),
                    .. _children.SelectMany(child => Shown(child.Value).Select(task => TaskResult(child.Key, task))),
                ],
                Error = state.Error ?? (interrupted && !state.IsTerminal ? "interrupted; continue with --resume" : null),
                Outputs = state.Outputs,
            };
        }
    }

    // A child is opened after its parent, whose prefix is therefore known.
    private string PrefixOf(ExecutionState state)
    {
        var created = state.Created;
        if (created is not { ParentExecutionId: { } parent, ParentTask: { } task })
        {
            return "";
        }

        var prefix = _prefixes.GetOrAdd(created.ExecutionId, _ => _prefixes.GetValueOrDefault(parent, "") + task + "/");
        _children[prefix] = state;
        return prefix;
    }

    private void Show(string path, TaskState task)
    {
        // A loop that went on, or handlers that began, are no news of the task itself.
        if (_shown.TryGetValue(path, out var shown) && shown == (task.Status, task.Attempt))
        {
            return;
        }

        _shown[path] = (task.Status, task.Attempt);
        progress.OnTaskChanged(path, task.Status, task.Attempt, task.Failure?.Message ?? task.Reason);
    }

    private static IEnumerable<TaskState> Shown(ExecutionState state) =>
        state.Tasks.Values.Where(task => task.Instance.Around is not null).OrderBy(task => task.Instance.Rank.Number);

    private static LocalTaskResult TaskResult(string prefix, TaskState task) => new(
        prefix + task.Instance.Path, task.Status, task.Attempt,
        task.StartedAt is { } started && task.FinishedAt is { } finished ? finished - started : null,
        task.Failure?.Message ?? task.Reason)
    {
        Counts = prefix.Length == 0 && task.Instance.Planned.IsAuthored,
    };
}
