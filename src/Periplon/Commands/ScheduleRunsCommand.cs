using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon schedule runs</c>: what became of the ticks of a schedule.</summary>
internal static class ScheduleRunsCommand
{
    public static Command Create(CommandShell shell)
    {
        var schedule = ScheduleCommand.Schedule();
        var status = new Option<string?>("--status") { Description = "Only those with a status" };
        status.AcceptOnlyFromAmong("scheduled", "running", "completed", "failed", "skipped");
        var limit = new Option<int>("--limit") { Description = "Most runs", DefaultValueFactory = _ => 50, HelpName = "N" };
        var cursor = new Option<string?>("--cursor") { Description = "Where the page before ended", HelpName = "CURSOR" };
        return ClientCommand.Create(
            shell, "runs", "Show what became of the ticks of a schedule, newest first", [schedule, status, limit, cursor],
            async (call, cancellationToken) =>
            {
                var id = await ScheduleCommand.FindIdAsync(call, call.Parsed.GetRequiredValue(schedule), cancellationToken);
                var reply = await call.Http.ScheduleRunsAsync(
                    id, call.Parsed.GetValue(status), call.Parsed.GetValue(limit), call.Parsed.GetValue(cursor), cancellationToken);
                if (call.Json)
                {
                    return call.Print(reply.Json);
                }

                shell.WriteTable(
                    ["scheduled at", "status", "kind", "took", "execution", "reason"],
                    reply.Value.Runs.Select(each => (IReadOnlyList<string>)
                    [
                        ClientCall.Time(each.ScheduledAt), each.Status, each.Kind, ClientCall.Duration(each.StartedAt, each.CompletedAt),
                        each.ExecutionId ?? "", each.Reason ?? "",
                    ]));
                if (reply.Value.NextCursor is { } next)
                {
                    shell.Out.WriteLine($"More: --cursor {next}");
                }

                return ExitCode.Ok;
            });
    }
}
