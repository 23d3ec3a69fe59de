using System.Globalization;
using Periplon.Commands;
using Periplon.Core.Executions;

namespace Periplon.Run;

/// <summary>One line for each change: <c>12:00:01 build  started</c>.</summary>
internal sealed class PlainRunDisplay(CommandShell shell, bool verbose) : RunDisplay(shell)
{
    private static readonly TimeSpan ProgressTime = TimeSpan.FromSeconds(5);

    private readonly Dictionary<RunBoardTask, long> _progress = [];
    private int _width;

    public override void OnStarted(LocalRunPlan plan)
    {
        base.OnStarted(plan);
        lock (Gate)
        {
            _width = Math.Min(40, plan.Tasks.Select(task => task.Path.Length).DefaultIfEmpty(0).Max());
            var tasks = plan.Tasks.Count == 1 ? "task" : "tasks";
            Write($"{plan.WorkflowName} {plan.WorkflowVersion}: {plan.Tasks.Count} {tasks}, execution {plan.ExecutionId}");
        }
    }

    public override void OnTaskChanged(string task, TaskRunStatus status, int attempt, string? message)
    {
        lock (Gate)
        {
            var changed = Board.Change(task, status, attempt, message);
            if (status is TaskRunStatus.Pending or TaskRunStatus.Ready && message is null)
            {
                return; // Says nothing that the start of the task does not say a moment later.
            }

            if (!verbose && changed.Loop is { } loop && status is not TaskRunStatus.Failed)
            {
                ShowProgress(loop);
                return;
            }

            var word = status is TaskRunStatus.Running ? "started" : status.ToWord();
            var again = status is TaskRunStatus.Running && attempt > 1 ? $" (attempt {attempt})" : "";
            var took = changed.Took is { } time ? $" in {Durations.Text(time)}" : "";
            var times = changed.Iterations.Ended > 0 && status.IsSettled() ? $", {Iterations(changed)}" : "";
            Write($"{task.PadRight(_width)}  {word}{again}{took}{times}{(string.IsNullOrEmpty(message) ? "" : ": " + message)}");
        }
    }

    public override void OnLog(string task, string stream, string line)
    {
        base.OnLog(task, stream, line);
        if (verbose)
        {
            lock (Gate)
            {
                Write($"{task.PadRight(_width)}  {(stream == "stderr" ? "! " : "| ")}{line}");
            }
        }
    }

    public override void OnNotice(string task, string line)
    {
        lock (Gate)
        {
            Shell.Out.WriteLine(line);
        }
    }

    // A line for each of a thousand iterations would bury all else.
    private void ShowProgress(RunBoardTask loop)
    {
        if (!_progress.TryGetValue(loop, out var shown))
        {
            _progress[loop] = Shell.Time.GetTimestamp();
        }
        else if (loop.Iterations.Ended > 0 && Shell.Time.GetElapsedTime(shown) >= ProgressTime)
        {
            _progress[loop] = Shell.Time.GetTimestamp();
            Write($"{loop.Path.PadRight(_width)}  {Iterations(loop)} so far");
        }
    }

    private static string Iterations(RunBoardTask loop) => Counted.Of(loop.Iterations.Ended, "iteration")
        + (loop.Iterations.Failed > 0 ? $" ({loop.Iterations.Failed} failed)" : "");

    private void Write(string text) =>
        Shell.Out.WriteLine(Shell.Time.GetLocalNow().ToString("HH:mm:ss ", CultureInfo.InvariantCulture) + text);
}
