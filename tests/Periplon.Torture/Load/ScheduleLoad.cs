using System.Text.Json;
using Periplon.Torture.Checks;

namespace Periplon.Torture.Load;

/// <summary>A schedule of the load: it fires every few seconds, and makes up for every tick that was missed.</summary>
internal sealed class ScheduleLoad(LoadClient client, TimeProvider time)
{
    public const string Workflow = "ticking";

    private const int Period = 5;

    private string? _id;
    private DateTimeOffset _from;
    private DateTimeOffset _until;

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        var created = await client.CreateAsync(
            "/api/v1/schedules",
            $$"""
            {"name":"ticking","workflow":"{{Workflow}}","cron_expression":"*/{{Period}} * * * * *","timezone":"UTC","overlap":"allow",
             "missed":"all","missed_window_secs":3600}
            """,
            "schedule", cancellationToken);
        _from = time.GetUtcNow();
        _id = created.ValueKind is JsonValueKind.Object ? created.GetProperty("id").GetString() : null;
    }

    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        if (_id is not null)
        {
            // Ticks up to here have fired, or fire late; the pause itself may come just before or after another.
            _until = time.GetUtcNow();
            await client.PauseAsync(2, 2, cancellationToken);
            await client.PostAsync($"/api/v1/schedules/{_id}/pause", "{}", null, cancellationToken);
        }
    }

    /// <summary>Every tick has one run with an execution that completed. Returns how late the executions began, in seconds.</summary>
    public async Task<IReadOnlyList<double>> CheckAsync(
        IReadOnlyDictionary<Guid, StoredExecution> stored, Violations violations, CancellationToken cancellationToken)
    {
        var runs = await ReadAsync(cancellationToken);
        foreach (var twice in runs.GroupBy(run => run.Tick).Where(group => group.Count() > 1))
        {
            violations.Add("tick-twice", $"The tick of {twice.Key:HH:mm:ss} has {twice.Count()} runs");
        }

        var ticks = runs.Select(run => run.Tick).ToHashSet();
        var first = DateTimeOffset.FromUnixTimeSeconds(((_from.ToUnixTimeSeconds() / Period) + 1) * Period);
        for (var tick = first; _id is not null && tick <= _until; tick = tick.AddSeconds(Period))
        {
            if (!ticks.Contains(tick))
            {
                violations.Add("tick-lost", $"The tick of {tick:HH:mm:ss} has no run, although all that are missed are to be made up for");
            }
        }

        foreach (var run in runs.Where(run => run.Execution is not { } id || stored.GetValueOrDefault(id)?.Status != "completed"))
        {
            violations.Add("tick-failed", $"The tick of {run.Tick:HH:mm:ss} has no execution that completed", run.Execution);
        }

        var executions = runs.Select(run => run.Execution).ToHashSet();
        foreach (var extra in stored.Values.Where(execution => execution.Workflow == Workflow && !executions.Contains(execution.Id)))
        {
            violations.Add("tick-extra", $"Execution {extra.Id} was started by the schedule, and belongs to no tick", extra.Id);
        }

        return [.. runs.Where(run => run.Execution is { } id && stored.ContainsKey(id))
            .Select(run => Math.Max(0, (stored[run.Execution!.Value].CreatedAt - run.Tick).TotalSeconds)).Order()];
    }

    private async Task<List<(DateTimeOffset Tick, Guid? Execution)>> ReadAsync(CancellationToken cancellationToken)
    {
        var runs = new List<(DateTimeOffset, Guid?)>();
        for (var cursor = _id is null ? null : ""; cursor is not null;)
        {
            var page = await client.GetAsync($"/api/v1/schedules/{_id}/runs?limit=500{cursor}", cancellationToken);
            foreach (var run in page.GetProperty("runs").EnumerateArray())
            {
                runs.Add((
                    run.GetProperty("scheduled_at").GetDateTimeOffset(),
                    run.TryGetProperty("execution_id", out var id) && id.ValueKind is JsonValueKind.String ? id.GetGuid() : null));
            }

            cursor = page.TryGetProperty("next_cursor", out var next) && next.ValueKind is JsonValueKind.String
                ? $"&cursor={Uri.EscapeDataString(next.GetString()!)}"
                : null;
        }

        return runs;
    }
}
