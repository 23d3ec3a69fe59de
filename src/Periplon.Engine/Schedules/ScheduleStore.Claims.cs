using System.Data.Common;
using System.Text.Json;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

internal sealed partial class ScheduleStore
{
    public async Task<IReadOnlyList<ScheduleRow>> ListDueAsync(
        int shard, DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = DueSql;
        command.AddInteger("shard", shard);
        command.AddTime("until", until);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<ScheduleRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ReadRow(reader));
        }

        return rows;
    }

    public async Task<IReadOnlyList<ActiveRun>> ListActiveRunsAsync(
        int shard, IReadOnlyCollection<Guid> schedules, CancellationToken cancellationToken)
    {
        if (schedules.Count == 0)
        {
            return [];
        }

        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = _sql.ListActiveRuns;
        command.AddInteger("shard", shard);
        command.AddJson("schedules", JsonSerializer.Serialize(schedules));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<ActiveRun>();
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(new(reader.GetGuid(0), reader.GetTime(1), reader.GetGuid(2), reader.GetBoolean(3), reader.GetBoolean(4)));
        }

        return runs;
    }

    public async Task<ScheduleClaimed> ClaimAsync(IReadOnlyList<ScheduleClaim> claims, CancellationToken cancellationToken)
    {
        if (claims.Count == 0)
        {
            return ScheduleClaimed.Nothing;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await ClaimInTurnAsync(claims, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task MarkAsync(IReadOnlyList<RunMark> marks, CancellationToken cancellationToken)
    {
        if (marks.Count == 0)
        {
            return;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            await MarkInTurnAsync(marks, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<ScheduleClaimed> ClaimInTurnAsync(IReadOnlyList<ScheduleClaim> claims, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var transaction = await BeginAsync(connection, cancellationToken);
        var schedules = new HashSet<Guid>();
        await using (var command = connection.CreateCommand())
        {
            command.Transaction = transaction;
            command.CommandText = _sql.Claim;

            // In the same order everywhere, so that two silos with the same claims do not wait for each other in a circle.
            command.AddJson("claims", JsonSerializer.Serialize(claims.OrderBy(claim => claim.Before.Id).Select(claim => new
            {
                schedule_id = claim.Before.Id,
                revision = claim.Before.Revision,
                expected = Microseconds(claim.Before.NextTick),
                next_tick = Microseconds(claim.After.NextTick),
                next_fire_at = Microseconds(claim.After.NextFireAt),
                last_tick = Microseconds(claim.After.LastTick),
                last_run_at = Microseconds(claim.After.LastRunAt),
            })));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                schedules.Add(reader.GetGuid(0));
            }
        }

        var runs = claims.Where(claim => schedules.Contains(claim.Before.Id)).SelectMany(claim => claim.Runs).ToList();
        var made = await InsertRunsAsync(connection, transaction, _sql.InsertRuns, runs, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new ScheduleClaimed(schedules, made);
    }

    private async Task MarkInTurnAsync(IReadOnlyList<RunMark> marks, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var transaction = await BeginAsync(connection, cancellationToken);
        await MarkAsync(connection, transaction, _sql.MarkRuns, marks, cancellationToken);

        // A statement would change a row once only, so each schedule has its newest mark here.
        var newest = marks.GroupBy(mark => mark.Run.ScheduleId).Select(each => each.MaxBy(mark => mark.Run.Tick)!);
        await MarkAsync(connection, transaction, _sql.CountFailures, newest, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task PostponeAsync(ScheduleRow schedule, DateTimeOffset until, string reason, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PostponeSql;
        command.AddId("id", schedule.Id);
        command.AddInteger("revision", schedule.Revision);
        command.AddTime("expected", schedule.NextTick);
        command.AddTime("until", until);
        command.AddText("reason", reason);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task MarkAsync(
        DbConnection connection, DbTransaction transaction, string sql, IEnumerable<RunMark> marks, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.AddJson("marks", JsonSerializer.Serialize(marks.OrderBy(mark => mark.Run.ScheduleId).Select(mark => new
        {
            schedule_id = mark.Run.ScheduleId,
            tick = Microseconds(mark.Run.Tick),
            at = Microseconds(mark.At),
            refused = mark.Refusal is not null,
            reason = Storable(mark.Refusal),
        })));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlySet<(Guid Schedule, DateTimeOffset Tick)>> InsertRunsAsync(
        DbConnection connection, DbTransaction? transaction, string sql, IReadOnlyList<ScheduleRun> runs,
        CancellationToken cancellationToken)
    {
        var made = new HashSet<(Guid, DateTimeOffset)>();
        if (runs.Count == 0)
        {
            return made;
        }

        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.AddJson("runs", JsonSerializer.Serialize(runs.Select(run => new
        {
            schedule_id = run.ScheduleId,
            tick = Microseconds(run.Tick),
            shard = run.Shard,
            kind = run.Kind.ToWord(),
            status = run.Status.ToWord(),
            waits = run.Waits,
            cancels_older = run.CancelsOlder,
            ticks = run.Ticks,
            priority = run.Priority,
            execution_id = run.ExecutionId,
            backfill_id = run.BackfillId,
            reason = Storable(run.Reason),
            created_at = Microseconds(run.CreatedAt),
            started_at = Microseconds(run.StartedAt),
            completed_at = Microseconds(run.CompletedAt),
        })));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            made.Add((reader.GetGuid(0), reader.GetTime(1)));
        }

        return made;
    }

    private static long? Microseconds(DateTimeOffset? time) => time is { } at ? SqlValues.ToMicroseconds(at) : null;

    private static string? Storable(string? text) => text is null ? null : SqlValues.Storable(text);
}
