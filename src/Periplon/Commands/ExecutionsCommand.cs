using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Executions;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary><c>periplon executions list|get|logs|cancel|tasks</c>.</summary>
internal static class ExecutionsCommand
{
    public static Command Create(CommandShell shell) =>
        new("executions", "Executions of a server") { List(shell), Get(shell), Logs(shell), Cancel(shell), Tasks(shell) };

    public static Argument<string> Id() => new("id") { Description = "Id of the execution" };

    private static Command List(CommandShell shell)
    {
        var workflow = new Option<string?>("--workflow") { Description = "Only those of a workflow, by name or id", HelpName = "NAME" };
        var status = new Option<string?>("--status") { Description = "Only those with a status, such as running", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong([.. Enum.GetValues<ExecutionStatus>().Select(each => each.ToWord())]);
        var limit = new Option<int>("--limit") { Description = "Most executions", DefaultValueFactory = _ => 50, HelpName = "N" };
        var offset = new Option<int>("--offset") { Description = "Executions to pass by", HelpName = "N" };
        return ClientCommand.Create(
            shell, "list", "List executions, newest first", [workflow, status, limit, offset], async (call, cancellationToken) =>
            {
                var id = call.Parsed.GetValue(workflow) is { } name
                    ? (await call.FindWorkflowAsync(name, cancellationToken)).Value.Id
                    : null;
                var reply = await call.Http.ListExecutionsAsync(
                    id, call.Parsed.GetValue(status), call.Parsed.GetValue(limit), call.Parsed.GetValue(offset), cancellationToken);
                if (call.Json)
                {
                    return call.Print(reply.Json);
                }

                shell.WriteTable(
                    ["id", "workflow", "version", "status", "created", "took", "error"],
                    reply.Value.Executions.Select(each => (IReadOnlyList<string>)
                    [
                        each.Id, each.WorkflowName ?? each.WorkflowId ?? "", each.WorkflowVersion ?? "", each.Status,
                        ClientCall.Time(each.CreatedAt),
                        ClientCall.Duration(each.StartedAt, each.CompletedAt), OneLine(each.Error),
                    ]));
                return ExitCode.Ok;
            });
    }

    private static Command Get(CommandShell shell)
    {
        var id = Id();
        return ClientCommand.Create(shell, "get", "Show an execution", [id], async (call, cancellationToken) =>
        {
            var reply = await call.Http.GetExecutionAsync(call.Parsed.GetRequiredValue(id), null, cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            var item = reply.Value;
            (string Name, string? Value)[] lines =
            [
                ("execution", item.Id), ("workflow", $"{item.WorkflowName ?? item.WorkflowId} {item.WorkflowVersion}"),
                ("status", item.Status),
                ("created", ClientCall.Time(item.CreatedAt)), ("started", ClientCall.Time(item.StartedAt)),
                ("ended", ClientCall.Time(item.CompletedAt)),
                ("took", ClientCall.Duration(item.StartedAt, item.CompletedAt)),
                ("trigger", $"{item.TriggerType} {item.TriggeredBy}".Trim()), ("error", item.Error),
                ("result", item.Result.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : item.Result.GetRawText()),
            ];
            foreach (var (name, value) in lines.Where(line => !string.IsNullOrEmpty(line.Value)))
            {
                shell.Out.WriteLine($"{name + ":",-10} {value}");
            }

            return ExitCode.Ok;
        });
    }

    private static Command Logs(CommandShell shell)
    {
        var id = Id();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the execution ends" };
        var level = new Option<string?>("--level") { Description = "Only lines of this level or worse", HelpName = "LEVEL" };
        level.AcceptOnlyFromAmong("debug", "info", "warning", "error");
        var task = new Option<string?>("--task") { Description = "Only lines of a task", HelpName = "TASK" };
        return ClientCommand.Create(shell, "logs", "Show the log of an execution", [id, follow, level, task], (call, cancellationToken) =>
            new LogTail(call, call.Parsed.GetRequiredValue(id), call.Parsed.GetValue(level), call.Parsed.GetValue(task))
                .RunAsync(call.Parsed.GetValue(follow), cancellationToken));
    }

    /// <summary><c>cancel</c>, also as a command of its own.</summary>
    public static Command Cancel(CommandShell shell)
    {
        var id = Id();
        var reason = new Option<string?>("--reason") { Description = "Why, for the record", HelpName = "TEXT" };
        var kill = new Option<bool>("--kill") { Description = "Leave out handlers, hooks and notifications too, also those that run" };
        return ClientCommand.Create(shell, "cancel", "Cancel an execution", [id, reason, kill], async (call, cancellationToken) =>
        {
            var execution = call.Parsed.GetRequiredValue(id);
            var reply = await call.Http.CancelAsync(
                execution, call.Parsed.GetValue(reason), call.Parsed.GetValue(kill), cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            shell.Out.WriteLine($"Asked for the end of {execution}");
            return ExitCode.Ok;
        });
    }

    private static Command Tasks(CommandShell shell)
    {
        var id = Id();
        return ClientCommand.Create(shell, "tasks", "Show the tasks of an execution", [id], async (call, cancellationToken) =>
        {
            var tasks = new List<TaskItem>();
            JsonObject? json = null;
            for (long? after = 0; after is { } from;)
            {
                var (page, answer) = await call.Http.TasksAsync(call.Parsed.GetRequiredValue(id), from, cancellationToken);
                tasks.AddRange(page.Tasks);
                json = Joined(json, answer);
                after = page.NextAfter;
            }

            if (call.Json)
            {
                shell.WriteJson(json!);
                return ExitCode.Ok;
            }

            shell.WriteTable(
                ["task", "kind", "status", "attempt", "took", "worker", "message"],
                tasks.Select(each => (IReadOnlyList<string>)
                [
                    each.Id, each.Kind ?? "", each.Status, each.Attempt == 0 ? "" : $"{each.Attempt}",
                    ClientCall.Duration(each.StartedAt, each.CompletedAt),
                    each.Worker ?? "", OneLine(each.Error ?? each.Reason),
                ]));
            return ExitCode.Ok;
        });
    }

    private static JsonObject Joined(JsonObject? before, JsonElement page)
    {
        var json = JsonObject.Create(page)!;
        if (before is null)
        {
            return json;
        }

        foreach (var task in json["tasks"]!.AsArray())
        {
            before["tasks"]!.AsArray().Add(task!.DeepClone());
        }

        before["next_after"] = null;
        return before;
    }

    private static string OneLine(string? text) => (text ?? "").ReplaceLineEndings(" ").Trim();
}
