using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

/// <summary>
/// The statements that write many rows at once. The rows come as one JSON array with times in microseconds since 1970; the two databases
/// differ in how they unfold it.
/// </summary>
internal sealed class ScheduleSql
{
    private readonly DatabaseKind _kind;

    public ScheduleSql(DatabaseKind kind)
    {
        _kind = kind;
        var claims = Rows(
            "c", "claims", ("schedule_id", "uuid"), ("revision", "integer"), ("expected", "bigint"), ("next_tick", "bigint"),
            ("next_fire_at", "bigint"), ("last_tick", "bigint"), ("last_run_at", "bigint"));
        Claim = $"""
            update schedules as s
               set next_tick = {Time("c.next_tick")}, next_fire_at = {Time("c.next_fire_at")}, last_tick = {Time("c.last_tick")},
                   last_run_at = {Time("c.last_run_at")}
              from {claims}
             where s.id = c.schedule_id and s.revision = c.revision and s.next_tick = {Time("c.expected")}
            returning id
            """;

        var runs = Rows(
            "r", "runs", ("schedule_id", "uuid"), ("tick", "bigint"), ("shard", "integer"), ("kind", "text"), ("status", "text"),
            ("waits", "boolean"), ("cancels_older", "boolean"), ("ticks", "integer"), ("priority", "integer"), ("execution_id", "uuid"),
            ("backfill_id", "uuid"), ("reason", "text"), ("created_at", "bigint"), ("started_at", "bigint"), ("completed_at", "bigint"));
        var insert = $"""
            insert into schedule_runs (schedule_id, tick, shard, kind, status, waits, cancels_older, ticks, priority, execution_id,
                                       backfill_id, reason, created_at, started_at, completed_at)
            select r.schedule_id, {Time("r.tick")}, r.shard, r.kind, r.status, r.waits, r.cancels_older, r.ticks, r.priority,
                   r.execution_id, r.backfill_id, r.reason, {Time("r.created_at")}, {Time("r.started_at")}, {Time("r.completed_at")}
              from {runs}
             where true
            """;
        InsertRuns = insert + " on conflict do nothing returning schedule_id, tick";

        // A gap may have a row: of a tick that was skipped, or whose start was refused.
        FillRuns = insert + $"""
             on conflict (schedule_id, tick) do update
               set kind = excluded.kind, status = excluded.status, waits = {False}, cancels_older = {False}, ticks = 1,
                   priority = excluded.priority,
                   execution_id = excluded.execution_id, backfill_id = excluded.backfill_id, reason = null,
                   created_at = excluded.created_at, completed_at = null
             where schedule_runs.status = 'skipped' or (schedule_runs.status = 'failed' and schedule_runs.execution_id is null)
            returning schedule_id, tick
            """;

        var marks = Rows(
            "m", "marks", ("schedule_id", "uuid"), ("tick", "bigint"), ("at", "bigint"), ("refused", "boolean"), ("reason", "text"));
        MarkRuns = $"""
            update schedule_runs as r
               set status = case when m.refused then 'failed' else 'running' end, waits = {False}, reason = m.reason,
                   execution_id = case when m.refused then null else r.execution_id end,
                   started_at = case when m.refused then null else {Time("m.at")} end,
                   completed_at = case when m.refused then {Time("m.at")} else null end
              from {marks}
             where r.schedule_id = m.schedule_id and r.tick = {Time("m.tick")} and r.status = 'scheduled'
            """;
        CountFailures = $"""
            update schedules as s
               set failures = case when m.refused then s.failures + 1 else 0 end, last_error = m.reason
              from {marks}
             where s.id = m.schedule_id and (m.refused or s.failures > 0)
            """;
        var schedules = kind is DatabaseKind.Postgres
            ? "(select value::uuid from jsonb_array_elements_text(@schedules))"
            : "(select value from json_each(@schedules))";
        ListActiveRuns = $"""
            select r.schedule_id, r.tick, r.execution_id, r.waits, e.completed_at is not null
              from schedule_runs as r left join executions as e on e.id = r.execution_id
             where r.shard = @shard and r.status in ('scheduled', 'running') and r.kind <> 'backfill'
               and r.schedule_id in {schedules}
             order by r.tick
            """;
    }

    public string Claim { get; }

    public string InsertRuns { get; }

    public string FillRuns { get; }

    public string MarkRuns { get; }

    public string CountFailures { get; }

    public string ListActiveRuns { get; }

    private string False => _kind is DatabaseKind.Postgres ? "false" : "0";

    private string Rows(string alias, string parameter, params ReadOnlySpan<(string Name, string Type)> columns)
    {
        var parts = new List<string>();
        foreach (var (name, type) in columns)
        {
            parts.Add(_kind is DatabaseKind.Postgres ? $"{name} {type}" : $"value ->> '$.{name}' as {name}");
        }

        var list = string.Join(", ", parts);
        return _kind is DatabaseKind.Postgres
            ? $"jsonb_to_recordset(@{parameter}) as {alias} ({list})"
            : $"(select {list} from json_each(@{parameter})) as {alias}";
    }

    private string Time(string column) =>
        _kind is DatabaseKind.Postgres ? $"(timestamptz 'epoch' + {column} * interval '1 microsecond')" : column;
}
