using Periplon.Commands;
using Periplon.Core.Executions;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Periplon.Run;

/// <summary>A tree of tasks that is drawn anew ten times a second: icon, name, duration, message.</summary>
internal sealed class LiveRunDisplay(CommandShell shell) : RunDisplay(shell)
{
    private const string Frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(100);

    // Written once the tree stands still: lines in between would tear it apart.
    private readonly List<string> _notices = [];

    private int _frame;

    public override async Task<LocalRunResult> ShowAsync(Func<IRunProgress, Task<LocalRunResult>> body)
    {
        var console = Shell.Console();
        var view = console.Live(new Text("")).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Top);
        var result = await view.StartAsync(async live =>
        {
            // On a thread of its own: what the body does before its first wait must not hold up the first frame.
            var run = Task.Run(() => body(this));
            while (!run.IsCompleted)
            {
                live.UpdateTarget(Draw(console.Profile.Height));
                await Task.WhenAny(run, Task.Delay(FrameTime, Shell.Time, CancellationToken.None));
            }

            live.UpdateTarget(Draw(int.MaxValue));
            return await run;
        });
        lock (Gate)
        {
            _notices.ForEach(Shell.Out.WriteLine);
        }

        return result;
    }

    public override void OnNotice(string task, string line)
    {
        lock (Gate)
        {
            _notices.Add(line);
        }
    }

    private IRenderable Draw(int height)
    {
        lock (Gate)
        {
            if (Board.Plan is not { } plan)
            {
                return new Text("");
            }

            _frame++;
            var title = $"{plan.WorkflowName} {plan.WorkflowVersion}  {Board.Settled}/{Board.Tasks.Count}";
            var tree = new Tree(new Text(title, new Style(decoration: Decoration.Bold)));
            var nodes = new Dictionary<RunBoardTask, TreeNode>();
            foreach (var task in Shown(height - 3))
            {
                var owner = task.Parent is { } parent && nodes.TryGetValue(parent, out var node) ? (IHasTreeNodes)node : tree;
                nodes[task] = owner.AddNode(Line(task));
            }

            return tree;
        }
    }

    // When not all fit, those that are settled and well give way first: what runs and what failed is what a person looks for.
    private IEnumerable<RunBoardTask> Shown(int room)
    {
        if (Board.Tasks.Count <= room)
        {
            return Board.Tasks;
        }

        var wanted = Board.Tasks
            .OrderBy(task => task.Status switch
            {
                TaskRunStatus.Running => 0,
                TaskRunStatus.Failed => 1,
                TaskRunStatus.Waiting => 2,
                TaskRunStatus.Ready or TaskRunStatus.Pending => 3,
                _ => 4,
            })
            .Take(Math.Max(1, room))
            .ToHashSet();
        return Board.Tasks.Where(wanted.Contains);
    }

    private Paragraph Line(RunBoardTask task)
    {
        var style = ShellOutput.StyleOf(task.Status.ToWord());
        var name = TaskPaths.Leaf(task.Path, task.Parent?.Path);
        var line = new Paragraph { Overflow = Overflow.Ellipsis }.Append(Icon(task.Status) + " ", style).Append(name);
        if (task.Attempt > 1)
        {
            line.Append($" (attempt {task.Attempt})", new Style(Color.Yellow));
        }

        if (Board.TimeOf(task) is { } time)
        {
            line.Append("  " + Durations.Text(time), new Style(Color.Grey));
        }

        if (!string.IsNullOrEmpty(task.Message))
        {
            line.Append("  " + task.Message.ReplaceLineEndings(" "), style);
        }

        return line;
    }

    private string Icon(TaskRunStatus status) => status switch
    {
        TaskRunStatus.Running => Frames[_frame % Frames.Length].ToString(),
        TaskRunStatus.Completed => "✓",
        TaskRunStatus.Failed => "✗",
        TaskRunStatus.Skipped => "↷",
        TaskRunStatus.Cancelled => "⊘",
        TaskRunStatus.Waiting => "⏸",
        _ => "·",
    };
}
