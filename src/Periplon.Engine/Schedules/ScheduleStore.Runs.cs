using System.Data.Common;
using System.Text.Json;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

internal sealed partial class ScheduleStore
{
    public async Task<IReadOnlyList<ScheduleRun>> ListRunsAsync(
        Guid schedule, RunStatus? status, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var sql = ListRunsSql;
        command.AddId("schedule", schedule);
        if (status is { } wanted)
        {
            sql += " and r.status = @status";
            command.AddText("status", wanted.ToWord());
        }

        if (before is { } tick)
        {
            sql += " and r.tick < @before";
            command.AddTime("before", tick);
        }

        command.CommandText = sql + " order by r.tick desc limit @limit";
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<ScheduleRun>();
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(ReadRun(reader));
        }

        return runs;
    }

    public async Task<bool> RecordRunAsync(ScheduleRun run, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        return (await InsertRunsAsync(connection, null, _sql.InsertRuns, [run], cancellationToken)).Count > 0;
    }

    public async Task<ScheduleRun?> FindRunAsync(Guid schedule, Guid execution, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = FindRunSql;
        command.AddId("schedule", schedule);
        command.AddId("execution", execution);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadRun(reader) : null;
    }

    public async Task SkipOlderAsync(ScheduleRun newer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SkipOlderSql;
        command.AddInteger("shard", newer.Shard);
        command.AddId("schedule", newer.ScheduleId);
        command.AddTime("tick", newer.Tick);
        command.AddTime("now", now);
        command.AddFlag("no", false);
        command.AddText("reason", "a newer run came before it had started; the overlap policy is 'cancel_old'");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<(ScheduleRow Schedule, Guid Execution)>> ListOvertakenAsync(
        int shard, DateTimeOffset after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = OvertakenSql;
        command.AddInteger("shard", shard);
        command.AddTime("after", after);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(ScheduleRow, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((ReadRow(reader, 1), reader.GetGuid(0)));
        }

        return found;
    }

    public async Task<IReadOnlyList<(ScheduleRow Schedule, ScheduleRun Run)>> ListForgottenAsync(
        ForgottenQuery query, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = _forgottenSql;
        command.AddInteger("shard", query.Shard);
        command.AddId("after", query.After);
        command.AddTime("before", query.Before);
        command.AddTime("now", query.Now);
        command.AddJson("passed", JsonSerializer.Serialize(query.Passed));
        command.AddInteger("each", query.OfSchedule);
        command.AddInteger("limit", query.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(ScheduleRow, ScheduleRun)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((ReadRow(reader, RunColumnCount), ReadRun(reader)));
        }

        return found;
    }

    public async Task NoteTroubleAsync(Guid schedule, string reason, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = TroubleSql;
        command.AddId("id", schedule);
        command.AddText("reason", Storable(reason));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<int> SettleAsync(int shard, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SettleSql;
        command.AddInteger("shard", shard);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<int> SettleLostAsync(int shard, DateTimeOffset before, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SettleLostSql;
        command.AddInteger("shard", shard);
        command.AddTime("before", before);
        command.AddTime("now", now);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<int> PruneAsync(int shard, DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PruneRunsSql;
        command.AddInteger("shard", shard);
        command.AddTime("before", before);
        command.AddInteger("limit", limit);
        var count = await command.ExecuteNonQueryAsync(cancellationToken);
        await using var backfills = connection.CreateCommand();
        backfills.CommandText = PruneBackfillsSql;
        backfills.AddInteger("shard", shard);
        backfills.AddTime("before", before);
        await backfills.ExecuteNonQueryAsync(cancellationToken);
        return count;
    }

    private static ScheduleRun ReadRun(DbDataReader reader) => new()
    {
        ScheduleId = reader.GetGuid(0),
        Tick = reader.GetTime(1),
        Shard = reader.GetInt32(2),
        Kind = Enum.Parse<RunKind>(reader.GetString(3), ignoreCase: true),
        Status = Enum.Parse<RunStatus>(reader.GetString(4), ignoreCase: true),
        Waits = reader.GetBoolean(5),
        CancelsOlder = reader.GetBoolean(6),
        Ticks = reader.GetInt32(7),
        Priority = reader.GetInt32(8),
        ExecutionId = reader.FindGuid(9),
        BackfillId = reader.FindGuid(10),
        Reason = reader.FindString(11),
        CreatedAt = reader.GetTime(12),
        StartedAt = reader.FindTime(13),
        CompletedAt = reader.FindTime(14),
    };
}
