using System.Globalization;
using System.Text.Json.Nodes;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Run;

namespace Periplon.Commands;

/// <summary>Shows what is kept of local runs.</summary>
internal static class LocalStateReport
{
    public static void WriteList(CommandShell shell, IReadOnlyList<LocalState> states, bool all)
    {
        var readable = states.Where(state => state.View is not null).ToArray();
        if (!all)
        {
            shell.WriteTable(["name", "version", "status", "progress", "started", "runs"], readable.Select(state => (IReadOnlyList<string>)
            [
                state.Name, state.View!.WorkflowVersion, StatusWord(state), Progress(state.View),
                ClientCall.Time(state.View.StartedAt ?? state.View.CreatedAt), state.Runs.Count.ToString(CultureInfo.InvariantCulture),
            ]));
            return;
        }

        shell.WriteTable(["name", "version", "status", "started", "took", "execution"], readable.SelectMany(state => state.Runs.Select(
            run => (IReadOnlyList<string>)
            [
                state.Name, run.WorkflowVersion, run.Status.ToWord(), ClientCall.Time(run.StartedAt ?? run.CreatedAt),
                ClientCall.Duration(run.StartedAt, run.CompletedAt), run.Id.ToString(),
            ])));
    }

    public static void Write(CommandShell shell, LocalState state, bool verbose)
    {
        var view = state.View!;
        var ended = view.CompletedAt ?? (state.IsAlive ? shell.Time.GetUtcNow() : null);
        (string Name, string? Value)[] lines =
        [
            ("workflow", $"{state.Name} {view.WorkflowVersion}"), ("run", state.Shown!.Id.ToString()), ("status", StatusWord(state)),
            ("progress", Progress(view)),
            ("started", ClientCall.Time(view.StartedAt)), ("ended", ClientCall.Time(view.CompletedAt)),
            ("took", ClientCall.Duration(view.StartedAt, ended)), ("error", view.Error),
        ];
        foreach (var (name, value) in lines.Where(line => !string.IsNullOrEmpty(line.Value)))
        {
            shell.Out.WriteLine($"{name + ":",-10} {CellText.Printable(value!)}");
        }

        foreach (var wait in view.IsTerminal ? [] : view.Why)
        {
            shell.Out.WriteLine($"{"waits:",-10} {CellText.Printable(wait.Message)}");
        }

        var rows = TaskRows.Of(view.Tasks, verbose);
        if (rows.Count > 0)
        {
            shell.WriteTable(["task", "status", "attempt", "took", "message"], rows);
        }

        if (state.Runs.Count > 1)
        {
            shell.WriteTable(["run", "status", "started", "took"], state.Runs.Select(run => (IReadOnlyList<string>)
                [
                    run.Id.ToString(), run.Status.ToWord(), ClientCall.Time(run.StartedAt ?? run.CreatedAt),
                    ClientCall.Duration(run.StartedAt, run.CompletedAt),
                ]));
        }
    }

    public static JsonObject ToListItem(LocalState state)
    {
        if (state.View is not { } view)
        {
            return new JsonObject { ["name"] = state.Name, ["error"] = state.Problem ?? "holds no run", ["file"] = state.Path };
        }

        var json = Head(state, view);
        json["completed_tasks"] = Completed(view);
        json["total_tasks"] = Own(view).Count();
        json["finished"] = view.IsTerminal;
        json["alive"] = state.IsAlive;
        json["executions"] = Runs(state.Runs);
        return json;
    }

    public static JsonObject ToJson(LocalState state, DateTimeOffset now)
    {
        var view = state.View!;
        var ended = view.CompletedAt ?? (state.IsAlive ? now : null);
        var json = Head(state, view);
        json["total_tasks"] = Own(view).Count();
        json["completed_tasks"] = Completed(view);
        json["failed_tasks"] = new JsonArray([.. view.Tasks.Where(task => task.Status == "failed").Select(task =>
            (JsonNode)new JsonObject { ["name"] = task.Id, ["error"] = task.Error })]);
        json["started_at"] = Time(view.StartedAt);
        json["ended_at"] = Time(view.CompletedAt);
        json["duration_secs"] = view.StartedAt is { } started && ended is { } end ? Math.Round((end - started).TotalSeconds, 3) : null;
        json["execution_id"] = state.Shown!.Id.ToString();
        json["error"] = view.Error;
        json["alive"] = state.IsAlive;
        json["tasks"] = new JsonArray([.. view.Tasks.Select(task => (JsonNode)new JsonObject
        {
            ["id"] = task.Id, ["status"] = task.Status, ["attempts"] = task.Attempt, ["started_at"] = Time(task.StartedAt),
            ["ended_at"] = Time(task.CompletedAt), ["error"] = task.Error, ["reason"] = task.Reason,
        })]);
        json["executions"] = Runs(state.Runs);
        return json;
    }

    private static JsonObject Head(LocalState state, ExecutionView view) => new()
    {
        ["name"] = state.Name,
        ["version"] = view.WorkflowVersion,
        ["status"] = view.Status,
        ["progress"] = view.TotalTasks == 0 ? 1 : Math.Round(view.SettledTasks / (double)view.TotalTasks, 4),
    };

    private static JsonArray Runs(IReadOnlyList<ExecutionRow> runs) => new([.. runs.Select(run => (JsonNode)new JsonObject
    {
        ["execution_id"] = run.Id.ToString(), ["version"] = run.WorkflowVersion, ["status"] = run.Status.ToWord(),
        ["created_at"] = Time(run.CreatedAt), ["started_at"] = Time(run.StartedAt), ["ended_at"] = Time(run.CompletedAt),
        ["error"] = run.Error,
    })]);

    private static string StatusWord(LocalState state) =>
        state.View!.IsTerminal ? state.View.Status
        : state.IsAlive ? $"{state.View.Status}, under way"
        : $"{state.View.Status}, interrupted; 'run FILE --resume' goes on";

    private static string Progress(ExecutionView view) =>
        $"{Completed(view)} of {Counted.Of(Own(view).Count(), "task")}";

    private static int Completed(ExecutionView view) => Own(view).Count(task => task.Status == "completed");

    // What the author wrote: no hooks, and nothing of the subflows, whose tasks follow those of the run.
    private static IEnumerable<TaskView> Own(ExecutionView view) => view.Tasks.Take(view.TotalTasks).Where(task => task.IsAuthored);

    private static string? Time(DateTimeOffset? at) => at?.ToString("O", CultureInfo.InvariantCulture);
}
