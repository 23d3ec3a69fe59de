using System.Data.Common;
using Periplon.Client.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

internal sealed partial class ScheduleStore
{
    private const int TicksAtOnce = 1000;

    public async Task<bool> InsertBackfillAsync(ScheduleBackfill backfill, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = InsertBackfillSql;
        command.AddId("id", backfill.Id);
        command.AddId("schedule", backfill.ScheduleId);
        command.AddText("organization", backfill.Organization);
        command.AddInteger("shard", backfill.Shard);
        command.AddTime("from", backfill.FromAt);
        command.AddTime("to", backfill.ToAt);
        command.AddTime("next_at", backfill.NextAt);
        command.AddInteger("max_parallel", backfill.MaxParallel);
        command.AddInteger("priority", backfill.Priority);
        command.AddInteger("total", backfill.Total);
        command.AddTime("created_at", backfill.CreatedAt);
        command.AddText("created_by", backfill.CreatedBy);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<ScheduleBackfill?> FindBackfillAsync(Guid schedule, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectBackfillSql} where b.id = @id and b.schedule_id = @schedule";
        command.AddId("id", id);
        command.AddId("schedule", schedule);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadBackfill(reader) : null;
    }

    public async Task<IReadOnlyList<ScheduleBackfill>> ListBackfillsAsync(Guid schedule, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectBackfillSql} where b.schedule_id = @schedule order by b.created_at desc, b.id desc limit @limit";
        command.AddId("schedule", schedule);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<ScheduleBackfill>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(ReadBackfill(reader));
        }

        return found;
    }

    public async Task<IReadOnlyList<(ScheduleBackfill Backfill, ScheduleRow Schedule)>> ListBackfillsAsync(
        int shard, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ActiveBackfillsSql;
        command.AddInteger("shard", shard);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(ScheduleBackfill, ScheduleRow)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((ReadBackfill(reader), ReadRow(reader, BackfillColumnCount)));
        }

        return found;
    }

    public async Task<BackfillCounts> CountBackfillRunsAsync(Guid backfill, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = CountBackfillRunsSql;
        command.AddId("id", backfill);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new Dictionary<RunStatus, int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[Enum.Parse<RunStatus>(reader.GetString(0), ignoreCase: true)] = (int)reader.GetInt64(1);
        }

        return new BackfillCounts(
            counts.GetValueOrDefault(RunStatus.Scheduled) + counts.GetValueOrDefault(RunStatus.Running),
            counts.GetValueOrDefault(RunStatus.Completed), counts.GetValueOrDefault(RunStatus.Failed));
    }

    public async Task<IReadOnlySet<DateTimeOffset>> AdvanceBackfillAsync(
        ScheduleBackfill before, DateTimeOffset nextAt, int passed, IReadOnlyList<ScheduleRun> runs, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var transaction = await BeginAsync(connection, cancellationToken);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = AdvanceBackfillSql;
        command.AddId("id", before.Id);
        command.AddTime("expected", before.NextAt);
        command.AddTime("next_at", nextAt);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return new HashSet<DateTimeOffset>();
        }

        // What got a run in between was no gap any more.
        var made = await InsertRunsAsync(connection, transaction, _sql.FillRuns, runs, cancellationToken);
        await using var count = connection.CreateCommand();
        count.Transaction = transaction;
        count.CommandText = CountBackfillSql;
        count.AddId("id", before.Id);
        count.AddInteger("passed", passed + runs.Count - made.Count);
        count.AddInteger("started", made.Count);
        await count.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return made.Select(run => run.Tick).ToHashSet();
    }

    public async Task<IReadOnlyList<DateTimeOffset>> ListGapsAsync(
        Guid schedule, IReadOnlyList<DateTimeOffset> ticks, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        var gaps = new List<DateTimeOffset>();
        foreach (var part in ticks.Chunk(TicksAtOnce))
        {
            var taken = await ListTakenAsync(connection, schedule, part[0], part[^1], cancellationToken);
            var left = part.Where(tick => !taken.Contains(tick))
                .Select(tick => (Tick: tick, Id: ExecutionIds.ForTick(schedule, tick, tick))).ToList();
            var existing = await ListExistingAsync(connection, [.. left.Select(gap => gap.Id)], cancellationToken);
            gaps.AddRange(left.Where(gap => !existing.Contains(gap.Id)).Select(gap => gap.Tick));
        }

        return gaps;
    }

    private static async Task<HashSet<DateTimeOffset>> ListTakenAsync(
        DbConnection connection, Guid schedule, DateTimeOffset first, DateTimeOffset last, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = TakenTicksSql;
        command.AddId("schedule", schedule);
        command.AddTime("from", first);
        command.AddTime("to", last.AddMicroseconds(1));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ticks = new HashSet<DateTimeOffset>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ticks.Add(reader.GetTime(0));
        }

        return ticks;
    }

    private static async Task<HashSet<Guid>> ListExistingAsync(
        DbConnection connection, IReadOnlyList<Guid> executions, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = ExistingSql + command.AddIds("ids", executions);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    public async Task<bool> EndBackfillAsync(Guid id, BackfillStatus status, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = EndBackfillSql;
        command.AddId("id", id);
        command.AddText("status", status.ToWord());
        command.AddTime("at", at);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static ScheduleBackfill ReadBackfill(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        ScheduleId = reader.GetGuid(1),
        Organization = reader.GetString(2),
        Shard = reader.GetInt32(3),
        FromAt = reader.GetTime(4),
        ToAt = reader.GetTime(5),
        NextAt = reader.GetTime(6),
        MaxParallel = reader.GetInt32(7),
        Priority = reader.GetInt32(8),
        Status = Enum.Parse<BackfillStatus>(reader.GetString(9), ignoreCase: true),
        Total = reader.GetInt32(10),
        Started = reader.GetInt32(11),
        Passed = reader.GetInt32(12),
        CreatedAt = reader.GetTime(13),
        CompletedAt = reader.FindTime(14),
        CreatedBy = reader.FindString(15),
    };
}
