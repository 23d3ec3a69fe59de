using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary><c>periplon schedule …</c>: the schedules of a server.</summary>
internal static class ScheduleCommand
{
    public static Command Create(CommandShell shell) => new("schedule", "Schedules of a server")
    {
        List(shell), Add(shell), Show(shell), Update(shell), Delete(shell), Switch(shell, "pause", "Stop a schedule from ticking"),
        Switch(shell, "resume", "Let a paused schedule tick again"), Trigger(shell), ScheduleNextCommand.Create(shell),
        ScheduleRunsCommand.Create(shell), ScheduleBackfillCommand.Create(shell), ScheduleBackfillCommand.CreateList(shell),
    };

    public static Argument<string> Schedule() => new("schedule") { Description = "Name or id of the schedule" };

    /// <summary>The id of a schedule that was given by name or id.</summary>
    public static async Task<string> FindIdAsync(ClientCall call, string nameOrId, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(nameOrId, out _))
        {
            return nameOrId;
        }

        var page = (await call.Http.ListSchedulesAsync(null, nameOrId, null, 1, 0, cancellationToken)).Value;
        return page.Schedules is [var found]
            ? found.Id
            : throw new CommandException($"there is no schedule '{nameOrId}'; see 'periplon schedule list'");
    }

    private static Command List(CommandShell shell)
    {
        var workflow = new Option<string?>("--workflow") { Description = "Only those of a workflow, by name or id", HelpName = "NAME" };
        var active = new Option<bool?>("--active") { Description = "Only those that are active (true) or paused (false)" };
        var limit = new Option<int>("--limit") { Description = "Most schedules", DefaultValueFactory = _ => 100, HelpName = "N" };
        var offset = new Option<int>("--offset") { Description = "Schedules to pass by", HelpName = "N" };
        return ClientCommand.Create(
            shell, "list", "List schedules, newest first", [workflow, active, limit, offset], async (call, cancellationToken) =>
            {
                var id = call.Parsed.GetValue(workflow) is { } name
                    ? (await call.FindWorkflowAsync(name, cancellationToken)).Value.Id
                    : null;
                var reply = await call.Http.ListSchedulesAsync(
                    id, null, call.Parsed.GetValue(active), call.Parsed.GetValue(limit), call.Parsed.GetValue(offset), cancellationToken);
                if (call.Json)
                {
                    return call.Print(reply.Json);
                }

                shell.WriteTable(
                    ["name", "times", "active", "next run", "last run", "failures", "id"],
                    reply.Value.Schedules.Select(each => (IReadOnlyList<string>)
                    [
                        each.Name ?? "", each.Times, each.IsActive ? "yes" : "no", ClientCall.Time(each.NextRunAt),
                        ClientCall.Time(each.LastRunAt), $"{each.ConsecutiveFailures}", each.Id,
                    ]));
                return ExitCode.Ok;
            });
    }

    private static Command Add(CommandShell shell)
    {
        var workflow = new Argument<string>("workflow") { Description = "Name or id of the workflow" };
        var paused = new Option<bool>("--paused") { Description = "Do not let it tick yet" };
        var options = new ScheduleOptionSet();
        return ClientCommand.Create(
            shell, "create", "Create a schedule", [workflow, .. options.Symbols, paused], async (call, cancellationToken) =>
            {
                var item = (await call.FindWorkflowAsync(call.Parsed.GetRequiredValue(workflow), cancellationToken)).Value;
                var body = await options.ReadAsync(call, () => Task.FromResult(item));
                body["workflow_id"] = item.Id;
                if (call.Parsed.GetValue(paused))
                {
                    body["is_active"] = false;
                }

                var reply = await call.Http.CreateScheduleAsync(body, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
                return Saved(call, reply, $"Created schedule {reply.Value.Id} of {item.Name}");
            });
    }

    private static Command Show(CommandShell shell)
    {
        var schedule = Schedule();
        return ClientCommand.Create(shell, "show", "Show a schedule", [schedule], async (call, cancellationToken) =>
        {
            var id = await FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
            var reply = await call.Http.GetScheduleAsync(id, cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            var item = reply.Value;
            (string Name, string? Value)[] lines =
            [
                ("schedule", item.Id), ("name", item.Name), ("workflow", item.WorkflowId), ("times", item.Times),
                ("active", item.IsActive ? "yes" : "no"), ("next run", ClientCall.Time(item.NextRunAt)),
                ("last run", ClientCall.Time(item.LastRunAt)), ("overlap", item.Overlap), ("missed", item.Missed),
                ("jitter", item.JitterSecs == 0 ? null : $"{item.JitterSecs} s"), ("starts", ClientCall.Time(item.StartAt)),
                ("ends", ClientCall.Time(item.EndAt)), ("priority", $"{item.Priority}"), ("about", item.Description),
                ("inputs", item.InputParams.ValueKind is JsonValueKind.Object ? item.InputParams.GetRawText() : null),
                ("failures", item.ConsecutiveFailures == 0 ? null : $"{item.ConsecutiveFailures}: {item.LastError}"),
            ];
            foreach (var (name, value) in lines.Where(line => !string.IsNullOrEmpty(line.Value)))
            {
                shell.Out.WriteLine($"{name + ":",-10} {value}");
            }

            return ExitCode.Ok;
        });
    }

    private static Command Update(CommandShell shell)
    {
        var schedule = Schedule();
        var options = new ScheduleOptionSet();
        return ClientCommand.Create(
            shell, "update", "Change a schedule; an empty text takes a value away", [schedule, .. options.Symbols],
            async (call, cancellationToken) =>
            {
                var id = await FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
                var body = await options.ReadAsync(call, async () =>
                {
                    var item = (await call.Http.GetScheduleAsync(id, cancellationToken)).Value;
                    return (await call.Http.GetWorkflowAsync(item.WorkflowId, cancellationToken)).Value;
                });
                if (body.Count == 0)
                {
                    throw new CommandException(
                        "nothing to change; give at least one option, such as --cron", exitCode: ExitCode.Usage);
                }

                var reply = await call.Http.UpdateScheduleAsync(id, body, cancellationToken);
                return Saved(call, reply, $"Updated schedule {id}");
            });
    }

    private static Command Delete(CommandShell shell)
    {
        var schedule = Schedule();
        return ClientCommand.Create(
            shell, "delete", "Delete a schedule and its runs; its executions stay", [schedule], async (call, cancellationToken) =>
            {
                var id = await FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
                await call.Http.DeleteScheduleAsync(id, cancellationToken);
                if (call.Json)
                {
                    shell.WriteJson(new JsonObject { ["id"] = id, ["deleted"] = true });
                    return ExitCode.Ok;
                }

                shell.Out.WriteLine($"Deleted schedule {id}");
                return ExitCode.Ok;
            });
    }

    private static Command Switch(CommandShell shell, string action, string description)
    {
        var schedule = Schedule();
        return ClientCommand.Create(shell, action, description, [schedule], async (call, cancellationToken) =>
        {
            var id = await FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
            var reply = await call.Http.SwitchScheduleAsync(id, action, cancellationToken);
            return Saved(call, reply, reply.Value.Message ?? $"Schedule {id}: {action}");
        });
    }

    private static Command Trigger(CommandShell shell)
    {
        var schedule = Schedule();
        return ClientCommand.Create(shell, "trigger", "Start an execution of a schedule now", [schedule], async (call, cancellationToken) =>
        {
            var id = await FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
            var reply = await call.Http.TriggerScheduleAsync(id, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            shell.Out.WriteLine($"Started {reply.Value.ExecutionId}");
            return ExitCode.Ok;
        });
    }

    private static int Saved(ClientCall call, Reply<ScheduleSavedReply> reply, string message)
    {
        if (call.Json)
        {
            return call.Print(reply.Json);
        }

        var next = reply.Value.NextRunAt is { } at ? $"; next run {ClientCall.Time(at)}" : "; no run to come";
        call.Shell.Out.WriteLine(message + next);
        return ExitCode.Ok;
    }
}
