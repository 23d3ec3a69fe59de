using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Periplon.Core.Schedules;

namespace Periplon.Commands;

/// <summary><c>periplon schedule next</c>: the coming ticks of a schedule of a server, or of a cron text without any server.</summary>
internal static class ScheduleNextCommand
{
    public static Command Create(CommandShell shell)
    {
        var what = new Argument<string>("schedule")
        {
            Description = "Name or id of the schedule; or a cron text, such as '0 3 * * *', for which no server is asked",
        };
        var count = new Option<int>("--count", "-n") { Description = "How many", DefaultValueFactory = _ => 5, HelpName = "N" };
        var from = new Option<string?>("--from") { Description = "From this time on (default now)", HelpName = "TIME" };
        var timezone = new Option<string>("--timezone", "-z")
        {
            Description = "Time zone of a cron text", DefaultValueFactory = _ => "UTC", HelpName = "ZONE",
        };
        return ClientCommand.Create(
            shell, "next", "Show the coming ticks of a schedule or a cron text", [what, count, from, timezone],
            async (call, cancellationToken) =>
            {
                var given = call.Parsed.GetRequiredValue(what);
                var number = call.Parsed.GetValue(count);
                var start = call.Parsed.GetValue(from);
                if (given.StartsWith('@') || given.Trim().Any(char.IsWhiteSpace))
                {
                    return Offline(call, given, number, start, call.Parsed.GetRequiredValue(timezone));
                }

                var id = await ScheduleCommand.FindIdAsync(call, given, cancellationToken);
                var reply = await call.Http.NextOccurrencesAsync(id, number, start, cancellationToken);
                return call.Json
                    ? call.Print(reply.Json)
                    : Print(call, reply.Value.Occurrences.Select(each => (each.ScheduledAt, each.FiresAt, each.Local)));
            });
    }

    private static int Offline(ClientCall call, string text, int count, string? from, string timezone)
    {
        if (!CronSchedule.TryParse(text, out var cron, out var problem) || !TimeZones.TryFind(timezone, out var zone, out problem))
        {
            throw new CommandException(problem, exitCode: ExitCode.Usage);
        }

        var start = ReadTime(from, call.Shell.Time.GetUtcNow());
        var ticks = TickRule.Of(cron, zone).Between(start, DateTimeOffset.MaxValue).Take(Math.Clamp(count, 1, 1000))
            .Select(tick => (tick, tick, TimeZoneInfo.ConvertTime(tick, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture)))
            .ToList();
        if (!call.Json)
        {
            return Print(call, ticks);
        }

        call.Shell.WriteJson(new JsonObject
        {
            ["timezone"] = timezone,
            ["occurrences"] = new JsonArray([.. ticks.Select(each => (JsonNode)new JsonObject
            {
                ["scheduled_at"] = ScheduleLabels.Text(each.Item1), ["local"] = each.Item3,
            })]),
        });
        return ExitCode.Ok;
    }

    private static int Print(ClientCall call, IEnumerable<(DateTimeOffset Tick, DateTimeOffset FiresAt, string Local)> ticks)
    {
        call.Shell.WriteTable(
            ["scheduled at", "fires at", "local"],
            ticks.Select(each => (IReadOnlyList<string>)[ClientCall.Time(each.Tick), ClientCall.Time(each.FiresAt), each.Local]));
        return ExitCode.Ok;
    }

    private static DateTimeOffset ReadTime(string? text, DateTimeOffset now)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return text is null ? now
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time) ? time
            : throw new CommandException($"--from '{text}' is not a time; give one such as 2026-11-23T12:00:00Z", exitCode: ExitCode.Usage);
    }
}
