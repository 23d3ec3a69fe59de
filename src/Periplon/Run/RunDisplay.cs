using Periplon.Commands;
using Periplon.Core.Executions;
using Spectre.Console;

namespace Periplon.Run;

/// <summary>Shows a run while it goes, and sums it up.</summary>
internal abstract class RunDisplay : IRunProgress
{
    protected RunDisplay(CommandShell shell)
    {
        Shell = shell;
        Board = new RunBoard(shell.Time);
    }

    protected CommandShell Shell { get; }
    protected RunBoard Board { get; }
    protected Lock Gate { get; } = new();

    /// <summary>A live tree on a terminal; lines otherwise, and with <c>-v</c>, whose log lines would tear a tree apart.</summary>
    /// <param name="shell">The process.</param>
    /// <param name="verbose">Whether log lines are shown.</param>
    /// <param name="asks">Whether the run may ask questions, which a tree would draw over.</param>
    public static RunDisplay Create(CommandShell shell, bool verbose, bool asks = false) =>
        shell.IsTerminal && !verbose && !asks ? new LiveRunDisplay(shell) : new PlainRunDisplay(shell, verbose);

    /// <summary>Runs the body with this display as its progress.</summary>
    public virtual Task<LocalRunResult> ShowAsync(Func<IRunProgress, Task<LocalRunResult>> body) => body(this);

    /// <summary>On the errors' writer, so that <c>--json</c> stays one document.</summary>
    public void OnNotice(string message)
    {
        lock (Gate)
        {
            Shell.Error.WriteLine("Note: " + message);
        }
    }

    public virtual void OnStarted(LocalRunPlan plan)
    {
        lock (Gate)
        {
            Board.Start(plan);
        }
    }

    public virtual void OnTaskChanged(string task, TaskRunStatus status, int attempt, string? message)
    {
        lock (Gate)
        {
            Board.Change(task, status, attempt, message);
        }
    }

    public virtual void OnLog(string task, string stream, string line)
    {
        lock (Gate)
        {
            Board.Log(task, line);
        }
    }

    public abstract void OnNotice(string task, string line);

    public virtual void OnFinished(LocalRunResult result)
    {
    }

    /// <summary>Prints what failed, with its last lines when they were not shown, and the sum.</summary>
    public void WriteSummary(LocalRunResult result, bool linesWereShown)
    {
        lock (Gate)
        {
            var console = Shell.Console();
            foreach (var failed in result.Tasks.Where(task => task.Status is TaskRunStatus.Failed))
            {
                console.Write(new Paragraph()
                    .Append($"\n{failed.Id} failed", new Style(Color.Red)).Append($": {failed.Error ?? "no reason was given"}\n"));
                if (!linesWereShown && Board.Tasks.FirstOrDefault(task => task.Path == failed.Id) is { Lines.Count: > 0 } known)
                {
                    foreach (var line in known.Lines)
                    {
                        Shell.Out.WriteLine("  | " + line);
                    }
                }
            }

            var counted = result.Tasks.Where(task => task.Counts).ToList();
            var done = counted.Count(task => task.Status is TaskRunStatus.Completed);
            console.Write(new Paragraph()
                .Append($"{Board.Plan?.WorkflowName} {result.Status.ToWord()}", ShellOutput.StyleOf(result.Status.ToWord()))
                .Append($": {done} of {counted.Count} tasks completed in {Durations.Text(result.Duration)}\n"));
        }
    }
}
