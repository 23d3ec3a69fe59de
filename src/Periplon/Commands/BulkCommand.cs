using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Executions;

namespace Periplon.Commands;

/// <summary>
/// <c>periplon bulk ACTION</c>: one action on all executions of a filter, which the server works through; and
/// <c>periplon operations list|show|cancel</c>.
/// </summary>
internal static class BulkCommand
{
    private const int WaitSecs = 2;

    public static Command Create(CommandShell shell)
    {
        var action = new Argument<string>("action") { Description = "cancel, kill, pause, resume, signal or retry" };
        action.AcceptOnlyFromAmong("cancel", "kill", "pause", "resume", "signal", "retry");
        var workflow = new Option<string?>("--workflow") { Description = "Only those of a workflow, by name or id", HelpName = "NAME" };
        var status = new Option<string[]>("--status")
        {
            Description = "Only those with a status; may be given several times (default: those that the action can change)",
            HelpName = "STATUS",
        };
        status.AcceptOnlyFromAmong([.. Enum.GetValues<ExecutionStatus>().Select(each => each.ToWord())]);
        var label = new Option<string[]>("--label")
        {
            Description = "Only those with a label; may be given several times", HelpName = "KEY:VALUE",
        };
        var by = new Option<string?>("--triggered-by") { Description = "Only those that somebody started", HelpName = "NAME" };
        var after = new Option<string?>("--created-after") { Description = "Only those created at or after a time", HelpName = "TIME" };
        var before = new Option<string?>("--created-before") { Description = "Only those created before a time", HelpName = "TIME" };
        var all = new Option<bool>("--all") { Description = "All executions; instead of a filter" };
        var reason = new Option<string?>("--reason") { Description = "Why, for the record", HelpName = "TEXT" };
        var name = new Option<string?>("--signal") { Description = "Name of the signal", HelpName = "NAME" };
        var payload = new Option<string?>("--payload", "-p")
        {
            Description = "What the signal brings: JSON; anything else is sent as text", HelpName = "JSON",
        };
        var fromTask = new Option<string?>("--from") { Description = "Task from which a retry runs again", HelpName = "TASK" };
        var fromStart = new Option<bool>("--from-start") { Description = "Let a retry run everything again" };
        var latest = new Option<bool>("--latest") { Description = "Let a retry run the newest revision of the workflow" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count what matches" };
        var detach = new Option<bool>("--detach") { Description = "Do not wait for the end" };
        return ClientCommand.Create(
            shell, "bulk", "Do something to all executions of a filter",
            [action, workflow, status, label, by, after, before, all, reason, name, payload, fromTask, fromStart, latest, dryRun, detach],
            async (call, cancellationToken) =>
            {
                var filter = new JsonObject();
                if (call.Parsed.GetValue(workflow) is { } wanted)
                {
                    filter["workflow_id"] = (await call.FindWorkflowAsync(wanted, cancellationToken)).Value.Id;
                }

                if (call.Parsed.GetValue(status) is { Length: > 0 } statuses)
                {
                    filter["status"] = new JsonArray([.. statuses.Select(each => (JsonNode)each)]);
                }

                if (call.Parsed.GetValue(label) is { Length: > 0 } labels)
                {
                    filter["labels"] = Labels(labels);
                }

                Set(filter, "triggered_by", call.Parsed.GetValue(by));
                Set(filter, "created_after", call.Parsed.GetValue(after));
                Set(filter, "created_before", call.Parsed.GetValue(before));
                var body = new JsonObject { ["action"] = call.Parsed.GetRequiredValue(action), ["filter"] = filter };
                Set(body, "reason", call.Parsed.GetValue(reason));
                if (call.Parsed.GetValue(all))
                {
                    body["all"] = true;
                }

                var details = new JsonObject();
                Set(details, "name", call.Parsed.GetValue(name));
                Set(details, "from_task", call.Parsed.GetValue(fromTask));
                Set(details, "revision", call.Parsed.GetValue(latest) ? "latest" : null);
                if (call.Parsed.GetValue(payload) is { } text)
                {
                    details["payload"] = SignalCommand.Read(text);
                }

                if (call.Parsed.GetValue(fromStart))
                {
                    details["from_start"] = true;
                }

                if (details.Count > 0)
                {
                    body["params"] = details;
                }

                if (call.Parsed.GetValue(dryRun))
                {
                    body["dry_run"] = true;
                }

                var reply = await call.Http.StartBulkAsync(body, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
                return call.Parsed.GetValue(dryRun) ? DecideCommand.Show(call, reply)
                    : call.Parsed.GetValue(detach) ? Print(call, reply.Json)
                    : await FollowAsync(call, reply.Json, cancellationToken);
            });
    }

    public static Command Operations(CommandShell shell)
    {
        var id = new Argument<string>("id") { Description = "Id of the operation" };
        return new Command("operations", "Bulk operations of a server")
        {
            List(shell),
            ClientCommand.Create(shell, "show", "Show an operation", [id], async (call, cancellationToken) =>
                Print(call, (await call.Http.GetOperationAsync(call.Parsed.GetRequiredValue(id), null, cancellationToken)).Json)),
            ClientCommand.Create(shell, "cancel", "Stop an operation; what is done stays done", [id], async (call, cancellationToken) =>
                Print(call, (await call.Http.CancelOperationAsync(call.Parsed.GetRequiredValue(id), cancellationToken)).Json)),
        };
    }

    private static Command List(CommandShell shell)
    {
        var status = new Option<string?>("--status") { Description = "Only those with a status", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong("running", "completed", "cancelled");
        var limit = new Option<int>("--limit") { Description = "Most operations", DefaultValueFactory = _ => 50, HelpName = "N" };
        return ClientCommand.Create(shell, "list", "List operations, newest first", [status, limit], async (call, cancellationToken) =>
        {
            var reply = await call.Http.ListOperationsAsync(call.Parsed.GetValue(status), call.Parsed.GetValue(limit), cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            shell.WriteTable(
                ["id", "action", "status", "matched", "done", "unchanged", "failed", "created"],
                reply.Json.GetProperty("operations").EnumerateArray().Select(each => (IReadOnlyList<string>)
                [
                    Text(each, "id"), Text(each, "action"), Text(each, "status"), Text(each, "matched"), Text(each, "done"),
                    Text(each, "unchanged"), Text(each, "failed"), ClientCall.Time(each.GetProperty("created_at").GetDateTimeOffset()),
                ]));
            return ExitCode.Ok;
        });
    }

    // Progress goes where errors go, so that what is printed can be read by a program. Ctrl-C ends the looking, not the operation.
    private static async Task<int> FollowAsync(ClientCall call, JsonElement operation, CancellationToken cancellationToken)
    {
        var (id, shown) = (Text(operation, "id"), "");
        while (Text(operation, "status") is "running" or "cancelling")
        {
            var progress = $"{Handled(operation)} of {Text(operation, "matched")} executions";
            if (!call.Json && progress != shown)
            {
                call.Shell.Error.WriteLine(shown = progress);
            }

            operation = (await call.Http.GetOperationAsync(id, WaitSecs, cancellationToken)).Json;
        }

        return Print(call, operation);
    }

    private static int Print(ClientCall call, JsonElement operation)
    {
        if (call.Json)
        {
            call.Print(operation);
        }
        else
        {
            call.Shell.Out.WriteLine(
                $"{Text(operation, "action")} {Text(operation, "status")}: {Text(operation, "matched")} matched, "
                + $"{Text(operation, "done")} done, {Text(operation, "unchanged")} unchanged, "
                + $"{Text(operation, "failed")} failed (operation {Text(operation, "id")})");
            foreach (var error in operation.GetProperty("errors").EnumerateArray())
            {
                call.Shell.Out.WriteLine($"  {Text(error, "execution_id")}: {Text(error, "error")}");
            }
        }

        return operation.GetProperty("failed").GetInt64() == 0 ? ExitCode.Ok : ExitCode.Failure;
    }

    private static long Handled(JsonElement operation) =>
        operation.GetProperty("done").GetInt64() + operation.GetProperty("unchanged").GetInt64()
        + operation.GetProperty("failed").GetInt64();

    private static JsonObject Labels(IEnumerable<string> texts)
    {
        var labels = new JsonObject();
        foreach (var text in texts)
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new CommandException($"'{text}' is not a label; write KEY:VALUE", exitCode: ExitCode.Usage);
            }

            labels[text[..colon]] = text[(colon + 1)..];
        }

        return labels;
    }

    private static void Set(JsonObject body, string name, string? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    private static string Text(JsonElement json, string name) => TriggerCommand.Text(json, name);
}
