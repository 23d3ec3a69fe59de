using System.Globalization;
using Periplon.Commands;
using Periplon.Core.Executions;

namespace Periplon.Run;

/// <summary>One line for each change: <c>12:00:01 build  started</c>.</summary>
internal sealed class PlainRunDisplay(CommandShell shell, bool verbose) : RunDisplay(shell)
{
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

            var word = status is TaskRunStatus.Running ? "started" : status.ToWord();
            var again = status is TaskRunStatus.Running && attempt > 1 ? $" (attempt {attempt})" : "";
            var took = changed.Took is { } time ? $" in {Durations.Text(time)}" : "";
            Write($"{task.PadRight(_width)}  {word}{again}{took}{(string.IsNullOrEmpty(message) ? "" : ": " + message)}");
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

    private void Write(string text) =>
        Shell.Out.WriteLine(Shell.Time.GetLocalNow().ToString("HH:mm:ss ", CultureInfo.InvariantCulture) + text);
}
