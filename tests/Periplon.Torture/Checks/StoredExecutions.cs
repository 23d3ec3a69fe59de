using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Periplon.Core.Executions;

namespace Periplon.Torture.Checks;

/// <summary>Reads what is stored, past the program: its tables as they are.</summary>
internal sealed class StoredExecutions(Func<DbConnection> open)
{
    private const string ActiveSql = "status in ('queued', 'running', 'waiting', 'paused')";

    public static StoredExecutions OfPostgres(string connectionString) => new(
        () => new NpgsqlConnection(connectionString + ";Timeout=5;Command Timeout=60"));

    public static StoredExecutions OfSqlite(string file) =>
        new(() => new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString()));

    /// <summary>How many have not ended.</summary>
    public Task<long> CountActiveAsync(CancellationToken cancellationToken) =>
        CountAsync($"select count(*) from executions where {ActiveSql}", cancellationToken);

    /// <summary>How many that have not ended nobody will look at again.</summary>
    public Task<long> CountForgottenAsync(CancellationToken cancellationToken) =>
        CountAsync($"select count(*) from executions where {ActiveSql} and next_wake_at is null", cancellationToken);

    public async Task<IReadOnlyDictionary<Guid, StoredExecution>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = open();
        await connection.OpenAsync(cancellationToken);
        var all = new Dictionary<Guid, StoredExecution>();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = """
                select id, workflow_name, status, cast(labels as text), result, next_wake_at, created_at, completed_at, parent_execution_id
                  from executions
                """;
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var id = reader.GetGuid(0);
                all[id] = new StoredExecution
                {
                    Id = id, Workflow = reader.GetString(1), Status = reader.GetString(2), 
                    // Children carry the labels of their parents.
                    Number = reader.IsDBNull(8) ? StoredExecution.NumberIn(reader.GetString(3)) : null,
                    Result = reader.IsDBNull(4) ? null : reader.GetString(4),
                    NextWakeAt = Time(reader, 5), CreatedAt = Time(reader, 6)!.Value, CompletedAt = Time(reader, 7),
                };
            }
        }

        await ReadJournalAsync(connection, all, cancellationToken);
        return all;
    }

    private static async Task ReadJournalAsync(
        DbConnection connection, Dictionary<Guid, StoredExecution> all, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "select execution_id, events from execution_events order by execution_id, seq";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (all.TryGetValue(reader.GetGuid(0), out var execution))
            {
                execution.Events.AddRange(EventCodec.Decode(reader.GetFieldValue<byte[]>(1)));
            }
        }
    }

    private async Task<long> CountAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = open();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static DateTimeOffset? Time(DbDataReader reader, int column) => reader.IsDBNull(column)
        ? null
        : reader.GetFieldType(column) == typeof(long)
            ? DateTimeOffset.UnixEpoch.AddTicks(reader.GetInt64(column) * TimeSpan.TicksPerMicrosecond)
            : reader.GetFieldValue<DateTimeOffset>(column);
}
