using System.CommandLine;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon schedule backfill|backfills</c>: fills a range of ticks that have no run, and shows how far that is.</summary>
internal static class ScheduleBackfillCommand
{
    public static Command Create(CommandShell shell)
    {
        var schedule = ScheduleCommand.Schedule();
        var from = new Option<string>("--from") { Description = "First time of the range", Required = true, HelpName = "TIME" };
        var to = new Option<string>("--to") { Description = "End of the range, not included; now at most", Required = true, HelpName = "TIME" };
        var parallel = new Option<int?>("--max-parallel") { Description = "Most runs at the same time (default 4)", HelpName = "N" };
        var priority = new Option<int?>("--priority") { Description = "Priority (default 10 below the schedule's)", HelpName = "N" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say which ticks have no run" };
        var mayRepeat = new Option<bool>("--may-repeat")
        {
            Description = "Begin before the runs that are still known: ticks whose run and execution were deleted run again",
        };
        return ClientCommand.Create(
            shell, "backfill", "Start runs for the ticks of a range that have none",
            [schedule, from, to, parallel, priority, dryRun, mayRepeat],
            async (call, cancellationToken) =>
            {
                var id = await ScheduleCommand.FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
                var body = new JsonObject { ["from"] = call.Parsed.GetRequiredValue(from), ["to"] = call.Parsed.GetRequiredValue(to) };
                foreach (var (field, option) in new[] { ("max_parallel", parallel), ("priority", priority) })
                {
                    if (call.Parsed.GetValue(option) is { } number)
                    {
                        body[field] = number;
                    }
                }

                foreach (var (field, option) in new[] { ("dry_run", dryRun), ("may_repeat", mayRepeat) })
                {
                    if (call.Parsed.GetValue(option))
                    {
                        body[field] = true;
                    }
                }

                var reply = await call.Http.BackfillAsync(id, body, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
                if (call.Json)
                {
                    return call.Print(reply.Json);
                }

                var answer = reply.Value;
                shell.Out.WriteLine(
                    answer.Gaps is null
                        ? $"Backfill {answer.Id} fills {answer.Total} ticks"
                        : $"{answer.Total} ticks have no run, {answer.Passed} have one");
                foreach (var gap in answer.Gaps ?? [])
                {
                    shell.Out.WriteLine(ClientCall.Time(gap));
                }

                return ExitCode.Ok;
            });
    }

    public static Command CreateList(CommandShell shell)
    {
        var schedule = ScheduleCommand.Schedule();
        var cancel = new Option<string?>("--cancel") { Description = "Cancel this backfill; its runs go on", HelpName = "ID" };
        return ClientCommand.Create(
            shell, "backfills", "Show the backfills of a schedule, or cancel one", [schedule, cancel], async (call, cancellationToken) =>
            {
                var id = await ScheduleCommand.FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
                if (call.Parsed.GetValue(cancel) is { } backfill)
                {
                    var cancelled = await call.Http.CancelBackfillAsync(id, backfill, cancellationToken);
                    if (call.Json)
                    {
                        return call.Print(cancelled.Json);
                    }

                    shell.Out.WriteLine($"Backfill {backfill} is {cancelled.Value.Status}");
                    return ExitCode.Ok;
                }

                var reply = await call.Http.BackfillsAsync(id, cancellationToken);
                if (call.Json)
                {
                    return call.Print(reply.Json);
                }

                shell.WriteTable(
                    ["id", "status", "from", "to", "ticks", "started", "had a run", "ended"],
                    reply.Value.Backfills.Select(each => (IReadOnlyList<string>)
                    [
                        each.Id, each.Status, ClientCall.Time(each.From), ClientCall.Time(each.To), $"{each.Total}", $"{each.Started}",
                        $"{each.Passed}", ClientCall.Time(each.CompletedAt),
                    ]));
                return ExitCode.Ok;
            });
    }
}
