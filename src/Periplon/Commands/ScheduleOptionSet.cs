using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Schedules;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary>The options that describe a schedule, shared by <c>create</c> and <c>update</c>.</summary>
internal sealed class ScheduleOptionSet
{
    private readonly Option<string?> _cron = new("--cron")
    {
        Description = "Cron text: 5 fields, 6 with seconds first, or such as @daily", HelpName = "TEXT",
    };

    private readonly Option<int?> _every = new("--every") { Description = "Interval in seconds, instead of --cron", HelpName = "SECS" };

    private readonly Option<string?> _timezone = new("--timezone", "-z")
    {
        Description = "IANA time zone of the cron text, such as Europe/Berlin (default UTC)", HelpName = "ZONE",
    };

    private readonly Option<string?> _name = new("--name") { Description = "Name, unique among schedules", HelpName = "NAME" };

    private readonly Option<string?> _description = new("--description") { Description = "What it is for", HelpName = "TEXT" };

    private readonly Option<string?> _overlap = new("--overlap") { Description = "What a tick does while a run before it is active" };

    private readonly Option<string?> _missed = new("--missed") { Description = "What becomes of ticks that nothing could fire in time" };

    private readonly Option<int?> _window = new("--missed-window")
    {
        Description = "Age in seconds up to which missed ticks fire under --missed all (default 86400)", HelpName = "SECS",
    };

    private readonly Option<int?> _jitter = new("--jitter") { Description = "Longest delay of a tick (default 0)", HelpName = "SECS" };

    private readonly Option<string?> _startAt = new("--start-at") { Description = "No tick before this time", HelpName = "TIME" };

    private readonly Option<string?> _endAt = new("--end-at") { Description = "No tick after this time", HelpName = "TIME" };

    private readonly Option<int?> _priority = new("--priority")
    {
        Description = "Priority of its executions: higher is earlier (default 0)", HelpName = "N",
    };

    private readonly Option<string[]> _inputs = CommonOptions.Inputs();

    public ScheduleOptionSet()
    {
        _overlap.AcceptOnlyFromAmong([.. SchedulePolicies.OverlapWords]);
        _missed.AcceptOnlyFromAmong([.. SchedulePolicies.MissedWords]);
    }

    public IEnumerable<Symbol> Symbols =>
    [
        _cron, _every, _timezone, _name, _description, _overlap, _missed, _window, _jitter, _startAt, _endAt, _priority, _inputs,
    ];

    /// <summary>The body of the request; fields that were not given are absent from it.</summary>
    public async Task<JsonObject> ReadAsync(ClientCall call, Func<Task<WorkflowItem>> workflow)
    {
        var body = new JsonObject();
        foreach (var (field, option) in new[]
        {
            ("name", _name), ("cron_expression", _cron), ("timezone", _timezone), ("description", _description), ("overlap", _overlap),
            ("missed", _missed), ("start_at", _startAt), ("end_at", _endAt),
        })
        {
            if (call.Parsed.GetValue(option) is { } text)
            {
                body[field] = text;
            }
        }

        foreach (var (field, option) in new[]
        {
            ("interval_secs", _every), ("missed_window_secs", _window), ("jitter_secs", _jitter), ("priority", _priority),
        })
        {
            if (call.Parsed.GetValue(option) is { } number)
            {
                body[field] = number;
            }
        }

        var inputs = CommonOptions.ReadInputs(call.Parsed.GetValue(_inputs));
        if (inputs.Count > 0)
        {
            body["input_params"] = StartCommand.Typed(inputs, (await workflow()).Definition);
        }

        return body;
    }
}
