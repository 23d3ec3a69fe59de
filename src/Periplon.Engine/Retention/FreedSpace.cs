using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Retention;

/// <summary>Gives the space of deleted rows back: to the file system on SQLite, to the table on PostgreSQL.</summary>
internal sealed class FreedSpace(Database database, MonthlyPartitions partitions, TimeProvider time)
{
    /// <summary>So many executions make PostgreSQL look at its table at once rather than when its own time has come.</summary>
    internal const int WorthVacuum = 10_000;

    // An entry takes some 100 bytes at most, but for the GIN index, which has fewer than rows. The vacuum before has counted the rows.
    private const string SwollenSql = """
        select i.indexrelid::regclass::text
          from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
         where t.oid = any (array(select to_regclass(name) from unnest(@tables) as name)) and i.indisvalid
           and pg_relation_size(c.oid) - 100 * greatest(c.reltuples, 0) > @worth
           and pg_relation_size(c.oid) > 4 * 100 * greatest(c.reltuples, 0)
         order by 1
        """;

    private static readonly string[] Tables =
    [
        "executions", "checkpoints", "execution_events_keyed", "execution_logs_keyed", "execution_events_default", "execution_logs_default",
    ];

    /// <summary>So many bytes that an index does not need make PostgreSQL write it anew. Default: 32 MiB.</summary>
    internal long WorthRebuild { get; init; } = 32 * 1024 * 1024;

    private const int PagesAtOnce = 500;

    // So much stays for what is written next.
    private const int PagesKept = 1_000;

    /// <summary>
    /// Releases what a batch has freed, where that must not wait: SQLite looks through its whole list of free pages for each page that it
    /// gives back, so a list that grows over a round would take hours.
    /// </summary>
    public Task ReleaseBatchAsync(Func<TimeSpan, CancellationToken, Task> rest, CancellationToken cancellationToken) =>
        database.Kind is DatabaseKind.Sqlite ? ShrinkAsync(rest, cancellationToken) : Task.CompletedTask;

    /// <summary>Releases what a round has freed.</summary>
    public async Task ReleaseAsync(int executions, Func<TimeSpan, CancellationToken, Task> rest, CancellationToken cancellationToken)
    {
        if (database.Kind is DatabaseKind.Sqlite)
        {
            await ShrinkAsync(rest, cancellationToken);
            await WriteBackAsync(cancellationToken);
        }
        else if (executions >= WorthVacuum)
        {
            await VacuumAsync(cancellationToken);
        }
    }

    private async Task ShrinkAsync(Func<TimeSpan, CancellationToken, Task> rest, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        while (Number(connection, "pragma auto_vacuum") == 2 && Number(connection, "pragma freelist_count") > PagesKept + PagesAtOnce)
        {
            var start = time.GetTimestamp();
            Step(connection, $"pragma incremental_vacuum({PagesAtOnce})");
            await rest(time.GetElapsedTime(start), cancellationToken);
        }
    }

    // The file is only cut when the log is written back; readers and writers are not waited for.
    private async Task WriteBackAsync(CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        Step(connection, "pragma wal_checkpoint(passive)");
    }

    // Beside everything else that goes on: it takes no lock that a reader or writer would wait for.
    private async Task VacuumAsync(CancellationToken cancellationToken)
    {
        // Months that could not be dropped are mostly empty now.
        var now = time.GetUtcNow();
        var months = (await partitions.ListAsync(cancellationToken)).Where(each => each.End <= now).Select(each => each.Name);
        await using var connection = (NpgsqlConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        foreach (var table in Tables.Concat(months))
        {
            await using var command = new NpgsqlCommand($"vacuum (analyze) {table}", connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await RebuildIndexesAsync(connection, cancellationToken);
    }

    // The pages of a heap are filled again wherever they are, those of an index only with keys of their place, which for keys that grow
    // with time never come again. Written anew beside the old one, without a lock that readers or writers would wait for.
    private async Task RebuildIndexesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var swollen = new List<string>();
        await using (var command = new NpgsqlCommand(SwollenSql, connection))
        {
            command.Parameters.AddWithValue("tables", Tables);
            command.Parameters.AddWithValue("worth", WorthRebuild);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                swollen.Add(reader.GetString(0));
            }
        }

        foreach (var index in swollen)
        {
            await using var command = new NpgsqlCommand($"reindex index concurrently {index}", connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    // Each step of the statement frees one page, so it is read to its end.
    private static void Step(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
        }
    }
}
