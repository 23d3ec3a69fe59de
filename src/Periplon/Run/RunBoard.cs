using Periplon.Core.Executions;

namespace Periplon.Run;

/// <summary>What a display knows of a run: each task's status, times and last lines. Guarded by the display's lock.</summary>
internal sealed class RunBoard(TimeProvider time)
{
    private const int KeptLines = 20;

    private readonly List<RunBoardTask> _tasks = [];
    private readonly Dictionary<string, RunBoardTask> _byPath = new(StringComparer.Ordinal);

    public LocalRunPlan? Plan { get; private set; }
    public IReadOnlyList<RunBoardTask> Tasks => _tasks;
    public int Settled => _tasks.Count(task => task.Status.IsSettled());

    public void Start(LocalRunPlan plan)
    {
        Plan = plan;
        foreach (var planned in plan.Tasks)
        {
            Find(planned.Path, planned.Parent ?? ParentOf(planned.Path)).Status = planned.Status;
        }
    }

    public RunBoardTask Change(string path, TaskRunStatus status, int attempt, string? message)
    {
        var task = Find(path, ParentOf(path));
        if (task.Loop is { } loop && task.Parent == loop && status.IsSettled() && !task.Status.IsSettled())
        {
            loop.Iterations = (loop.Iterations.Ended + 1, loop.Iterations.Failed + (status is TaskRunStatus.Failed ? 1 : 0));
        }

        task.Status = status;
        task.Attempt = Math.Max(task.Attempt, attempt);
        task.Message = message;
        if (status is TaskRunStatus.Running)
        {
            task.StartedAt ??= time.GetTimestamp();
        }

        if (task.StartedAt is { } started && status.IsSettled())
        {
            task.Took = time.GetElapsedTime(started);
        }

        return task;
    }

    public void Log(string path, string line)
    {
        var lines = Find(path, ParentOf(path)).Lines;
        lines.Enqueue(line);
        if (lines.Count > KeptLines)
        {
            lines.Dequeue();
        }
    }

    public TimeSpan? TimeOf(RunBoardTask task) =>
        task.Took ?? (task is { StartedAt: { } started, Status: TaskRunStatus.Running } ? time.GetElapsedTime(started) : null);

    private RunBoardTask Find(string path, string? parent)
    {
        if (!_byPath.TryGetValue(path, out var task))
        {
            var owner = parent is null ? null : _byPath.GetValueOrDefault(parent);
            task = new RunBoardTask(path, owner);
            _byPath.Add(path, task);
            _tasks.Add(task);
        }

        return task;
    }

    private string? ParentOf(string path) => TaskPaths.ParentOf(path, _byPath.ContainsKey);
}

/// <summary>A task on the board.</summary>
internal sealed class RunBoardTask(string path, RunBoardTask? parent)
{
    public string Path { get; } = path;
    public RunBoardTask? Parent { get; } = parent;

    /// <summary>The outermost loop that it is an iteration of, or inside one; null when there is none.</summary>
    public RunBoardTask? Loop { get; } = parent?.Loop ?? (parent is not null && TaskPaths.IsIteration(path, parent.Path) ? parent : null);

    public TaskRunStatus Status { get; set; }
    public int Attempt { get; set; }
    public string? Message { get; set; }
    public long? StartedAt { get; set; }
    public TimeSpan? Took { get; set; }

    /// <summary>How many of its iterations have ended, and how many of these failed.</summary>
    public (int Ended, int Failed) Iterations { get; set; }

    /// <summary>The last lines it printed, shown when it fails.</summary>
    public Queue<string> Lines { get; } = new();
}
