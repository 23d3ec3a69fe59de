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

    public async Task<bool> IsActiveAsync(Guid executionId, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = IsActiveSql;
        command.AddId("id", executionId);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    public async Task<int> FitPartitionsAsync(int partitions, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = FitPartitionsSql;
        command.AddInteger("partitions", partitions);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
