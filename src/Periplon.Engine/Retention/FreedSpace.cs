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

    private static readonly string[] Tables =
    [
        "executions", "checkpoints", "execution_events_keyed", "execution_logs_keyed", "execution_events_default", "execution_logs_default",
    ];

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
