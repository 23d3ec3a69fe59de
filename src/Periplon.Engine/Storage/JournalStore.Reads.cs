using System.Data.Common;
using System.Text.Json;
using Npgsql;

namespace Periplon.Engine.Storage;

internal abstract partial class JournalStore
{
    public async Task<IReadOnlyList<JournalRow>> ReadAsync(Guid executionId, long afterSeq, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{ReadSql}{command.AddPartition(executionId)} order by seq";
        command.AddId("id", executionId);
        command.AddNumber("after", afterSeq);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<JournalRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetTime(2)));
        }

        return rows;
    }

    public async Task<IReadOnlyList<Guid>> ListActiveAsync(int partition, Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ListActiveSql;
        command.AddInteger("partition", partition);
        command.AddId("after", after ?? Guid.Empty);
        command.AddInteger("limit", limit);
        return await ReadIdsAsync(command, cancellationToken);
    }

    public async Task<IReadOnlyList<DueExecution>> ListDueAsync(
        int partition, DateTimeOffset now, DueExecution? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ListDueSql;
        command.AddInteger("partition", partition);
        command.AddTime("now", now);
        command.AddTime("after_time", after?.NextWakeAt ?? DateTimeOffset.UnixEpoch);
        command.AddId("after_id", after?.Id ?? Guid.Empty);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<DueExecution>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new(reader.GetGuid(0), reader.GetTime(1)));
        }

        return due;
    }

    public async Task<bool> IsActiveAsync(Guid executionId, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = IsActiveSql;
        command.AddId("id", executionId);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    public async Task TouchAsync(IReadOnlyList<Guid> executionIds, DateTimeOffset nextWakeAt, CancellationToken cancellationToken)
    {
        if (executionIds.Count == 0)
        {
            return;
        }

        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        if (command is NpgsqlCommand postgres)
        {
            command.CommandText = PostgresTouchSql;
            postgres.Parameters.AddWithValue("ids", executionIds.ToArray());
        }
        else
        {
            command.CommandText = SqliteTouchSql;
            command.AddJson("ids", JsonSerializer.Serialize(executionIds));
        }

        command.AddTime("next", nextWakeAt);
        command.AddTime("now", time.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<int> FitPartitionsAsync(int partitions, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = FitPartitionsSql;
        command.AddInteger("partitions", partitions);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<Guid>> ReadIdsAsync(DbCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
