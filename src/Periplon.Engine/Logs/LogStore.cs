using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Logs;

/// <summary>
/// The log of executions, on either database. Who follows an execution by the last id he has seen must not miss a line that is committed
/// later with a smaller id. SQLite has one writer at a time, so ids are committed in their order. On PostgreSQL a writer takes a lock for
/// the executions of its batch before it draws ids and holds it to the commit: within an execution, too, ids are committed in their order.
/// </summary>
internal sealed partial class LogStore(Database database) : ILogStore
{
    // Few enough that a batch cannot exhaust the server's lock table, many enough that writers seldom meet.
    private const int LockStripes = 64;

    public async Task AppendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return;
        }

        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        if (connection is NpgsqlConnection postgres)
        {
            await AppendAsync(postgres, entries, cancellationToken);
        }
        else
        {
            Append((SqliteConnection)connection, entries);
        }
    }

    public async Task<IReadOnlyList<LogEntry>> ReadAsync(
        Guid executionId, long afterId, int limit, string? level, string? task, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ReadSql + command.AddPartition(executionId)
            + (level is null ? "" : " and level = @level") + (task is null ? "" : " and task = @task") + " order by id limit @limit";
        command.AddId("execution_id", executionId);
        command.AddNumber("after", afterId);
        command.AddInteger("limit", limit);
        if (level is not null)
        {
            command.AddText("level", level);
        }

        if (task is not null)
        {
            command.AddText("task", task);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<LogEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(ReadEntry(executionId, reader));
        }

        return entries;
    }

    private static async Task AppendAsync(
        NpgsqlConnection connection, IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        // Two commands, because the second must draw its ids after the first has its locks; one transaction and one round trip.
        await using var batch = new NpgsqlBatch(connection);
        var locks = new NpgsqlBatchCommand(LockSql);
        var stripes = entries.Select(entry => entry.ExecutionId).Distinct().Select(StripeOf).Distinct().Order().ToArray();
        locks.Parameters.Add(new() { Value = stripes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        batch.BatchCommands.Add(locks);

        var insert = new NpgsqlBatchCommand(PostgresInsertSql);
        void Add<T>(NpgsqlDbType type, Func<LogEntry, T> value) =>
            insert.Parameters.Add(new() { Value = entries.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
        Add(NpgsqlDbType.Uuid, entry => entry.ExecutionId);
        Add(NpgsqlDbType.Date, entry => SqlValues.DayOf(entry.ExecutionId));
        Add(NpgsqlDbType.Text, entry => entry.Task is { } task ? SqlValues.Storable(task) : null);
        Add(NpgsqlDbType.Integer, entry => entry.Attempt);
        Add(NpgsqlDbType.TimestampTz, entry => entry.At.UtcDateTime);
        Add(NpgsqlDbType.Text, entry => entry.Level);
        Add(NpgsqlDbType.Text, entry => entry.Stream);
        Add(NpgsqlDbType.Text, entry => SqlValues.Storable(entry.Message));
        batch.BatchCommands.Add(insert);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static int StripeOf(Guid executionId)
    {
        // The last byte of an id is random; the hash code of a Guid need not be the same in every process.
        Span<byte> bytes = stackalloc byte[16];
        executionId.TryWriteBytes(bytes);
        return bytes[15] % LockStripes;
    }

    private static void Append(SqliteConnection connection, IReadOnlyList<LogEntry> entries)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using var command = connection.CreateCommand();
        command.CommandText = SqliteInsertSql;
        command.Transaction = transaction;
        foreach (var entry in entries)
        {
            command.Parameters.Clear();
            command.AddId("execution_id", entry.ExecutionId);
            command.AddText("task", entry.Task);
            command.AddInteger("attempt", entry.Attempt);
            command.AddTime("at", entry.At);
            command.AddText("level", entry.Level);
            command.AddText("stream", entry.Stream);
            command.AddText("message", entry.Message);
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static LogEntry ReadEntry(Guid executionId, DbDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        ExecutionId = executionId,
        Task = reader.FindString(1),
        Attempt = reader.GetInt32(2),
        At = reader.GetTime(3),
        Level = reader.GetString(4),
        Stream = reader.GetString(5),
        Message = reader.GetString(6),
    };
}
