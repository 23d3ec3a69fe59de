using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

/// <summary>How a migration of this program stands in the database.</summary>
internal enum MigrationState
{
    Pending,
    Applied,

    /// <summary>Applied, but its file has changed since.</summary>
    Changed,

    /// <summary>Applied by a newer program; this one has no file for it.</summary>
    Unknown,
}

/// <summary>One migration and how it stands.</summary>
internal sealed record MigrationStatus(int Number, string Name, MigrationState State, DateTimeOffset? AppliedAt);

/// <summary>The schema cannot be migrated; the message names the migration and says why.</summary>
internal sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Brings the schema to the state this program needs. Each migration is one transaction, or a row of statements that may be repeated, under
/// a lock that all programs on the database take, so that several may start at once.
/// </summary>
internal sealed partial class Migrator(
    Database database, IReadOnlyList<Migration> migrations, TimeProvider time, ILogger<Migrator> logger)
{
    public Migrator(Database database, TimeProvider time, ILogger<Migrator> logger)
        : this(database, Migration.LoadEmbedded(database.Kind), time, logger)
    {
    }

    public async Task<IReadOnlyList<MigrationStatus>> StatusAsync(CancellationToken cancellationToken)
    {
        // Without the lock: while an index is built for an hour, everybody may ask.
        var applied = new Dictionary<int, AppliedRow>();
        if (await database.HasTableAsync("schema_migrations", cancellationToken))
        {
            await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
            applied = await ReadAppliedAsync(connection, null, cancellationToken);
        }

        var known = migrations.Select(migration => applied.TryGetValue(migration.Number, out var row)
            ? new MigrationStatus(
                migration.Number, migration.Name, row.Checksum == migration.Checksum ? MigrationState.Applied : MigrationState.Changed,
                row.At)
            : new MigrationStatus(migration.Number, migration.Name, MigrationState.Pending, null));
        var unknown = applied.Where(row => migrations.All(migration => migration.Number != row.Key))
            .Select(row => new MigrationStatus(row.Key, row.Value.Name, MigrationState.Unknown, row.Value.At));
        return [.. known.Concat(unknown).OrderBy(status => status.Number)];
    }

    /// <summary>Applies what is pending, and creates the coming partitions.</summary>
    /// <returns>The migrations that were applied now.</returns>
    /// <exception cref="MigrationException">A migration fails, has changed, or is unknown and not newer than all that are
    /// known.</exception>
    public async Task<IReadOnlyList<MigrationStatus>> UpAsync(CancellationToken cancellationToken)
    {
        var before = await StatusAsync(cancellationToken);
        RequireNoSurprise(before, newerAllowed: true);
        if (before.Where(status => status.State is MigrationState.Unknown).Select(status => status.Name).ToList() is { Count: > 0 } newer)
        {
            LogNewer(string.Join(", ", newer));
        }

        var done = new List<MigrationStatus>();
        var pending = before.Where(status => status.State is MigrationState.Pending).Select(status => status.Number).ToHashSet();
        foreach (var migration in migrations.Where(migration => pending.Contains(migration.Number)))
        {
            if (await ApplyAsync(migration, cancellationToken) is { } status)
            {
                done.Add(status);
                LogApplied(migration.FileName);
            }
        }

        try
        {
            await new PartitionMaintenance(database, time).RunOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (StorageErrors.IsTransient(exception))
        {
            // A lock that others hold is no reason not to start: rows go to the default partition, and it is tried again.
            LogNoPartitions(exception);
        }

        return done;
    }

    /// <summary>Reverts the last migrations, newest first.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="cancellationToken">Stops before the next one.</param>
    /// <returns>The migrations that were reverted.</returns>
    public async Task<IReadOnlyList<MigrationStatus>> DownAsync(int steps, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        RequireNoSurprise(await StatusAsync(cancellationToken), newerAllowed: false);
        var done = new List<MigrationStatus>();
        while (done.Count < steps && await RevertLastAsync(cancellationToken) is { } status)
        {
            done.Add(status);
            LogReverted(status.Number, status.Name);
        }

        return done;
    }

    // A newer version that runs beside this one, or ran before it, has only added to the schema: migrations take nothing away that the
    // version before them uses.
    private void RequireNoSurprise(IReadOnlyList<MigrationStatus> statuses, bool newerAllowed)
    {
        var newest = migrations.Count > 0 ? migrations.Max(migration => migration.Number) : 0;
        foreach (var status in statuses)
        {
            if (status.State is MigrationState.Changed)
            {
                throw new MigrationException(
                    $"Migration {status.Number:D3}_{status.Name} was applied at {status.AppliedAt:u} and its file has changed since. " +
                    "Restore the file and put the change into a new migration");
            }

            if (status.State is MigrationState.Unknown && !(newerAllowed && status.Number > newest))
            {
                throw new MigrationException(
                    $"Migration {status.Number:D3}_{status.Name} was applied at {status.AppliedAt:u} by a newer version of Periplon. " +
                    "Run that version, or let it revert the migration");
            }
        }
    }

    private Task<MigrationStatus?> ApplyAsync(Migration migration, CancellationToken cancellationToken) =>
        migration.Steps is { } steps && database.Kind is DatabaseKind.Postgres
            ? ApplyInStepsAsync(migration, steps, cancellationToken)
            : RetryLockedAsync(() => ApplyAtOnceAsync(migration, cancellationToken), cancellationToken);

    private async Task<MigrationStatus?> ApplyAtOnceAsync(Migration migration, CancellationToken cancellationToken)
    {
        await using var session = await BeginAsync(cancellationToken);
        if ((await ReadAppliedAsync(session.Connection, session.Transaction, cancellationToken)).ContainsKey(migration.Number))
        {
            return null;
        }

        await RunAsync(session, migration.Up, $"Migration {migration.FileName}", cancellationToken);
        var status = await RecordAsync(session, migration, cancellationToken);
        await session.Transaction!.CommitAsync(cancellationToken);
        return status;
    }

    private async Task<MigrationStatus> RecordAsync(Session session, Migration migration, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        await using (var command = session.Command(InsertSql))
        {
            command.AddInteger("number", migration.Number);
            command.AddText("name", migration.Name);
            command.AddText("checksum", migration.Checksum);
            command.AddTime("at", at);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return new(migration.Number, migration.Name, MigrationState.Applied, at);
    }

    private Task<MigrationStatus?> RevertLastAsync(CancellationToken cancellationToken) =>
        RetryLockedAsync(() => RevertOnceAsync(cancellationToken), cancellationToken);

    private async Task<MigrationStatus?> RevertOnceAsync(CancellationToken cancellationToken)
    {
        await using var session = await BeginAsync(cancellationToken);
        var applied = await ReadAppliedAsync(session.Connection, session.Transaction, cancellationToken);
        if (applied.Count == 0)
        {
            return null;
        }

        var last = migrations.Single(migration => migration.Number == applied.Keys.Max());
        await RunAsync(session, last.Down, $"Reverting migration {last.FileName}", cancellationToken);
        await using (var command = session.Command(DeleteSql))
        {
            command.AddInteger("number", last.Number);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await session.Transaction!.CommitAsync(cancellationToken);
        return new(last.Number, last.Name, MigrationState.Pending, null);
    }

    private async Task<Session> BeginAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await TryBeginAsync(cancellationToken) is { } session)
            {
                return session;
            }

            await Task.Delay(LockPause, time, cancellationToken);
        }
    }

    private async Task<Session?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        try
        {
            // On SQLite the transaction is immediate: it holds the write lock from here on, as the advisory lock does on PostgreSQL.
            var transaction = connection is SqliteConnection sqlite
                ? sqlite.BeginTransaction(deferred: false)
                : await connection.BeginTransactionAsync(cancellationToken);
            var session = new Session(connection, transaction);
            if (database.Kind is DatabaseKind.Postgres)
            {
                await using var take = session.Command(string.Create(
                    CultureInfo.InvariantCulture,
                    $"select set_config('lock_timeout', '{LockWait}', true), pg_try_advisory_xact_lock({LockKey})"));
                await using var reader = await take.ExecuteReaderAsync(cancellationToken);
                if (!await reader.ReadAsync(cancellationToken) || !reader.GetBoolean(1))
                {
                    await reader.DisposeAsync();
                    await session.DisposeAsync();
                    return null;
                }
            }

            await RunPlainAsync(session, database.Kind is DatabaseKind.Sqlite ? SqliteTableSql : PostgresTableSql, cancellationToken);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<Dictionary<int, AppliedRow>> ReadAppliedAsync(
        DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        await using var command = new Session(connection, transaction).Command(SelectSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new Dictionary<int, AppliedRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows[reader.GetInt32(0)] = new(reader.GetString(1), reader.GetString(2), reader.GetTime(3));
        }

        return rows;
    }

    private static async Task RunAsync(Session session, string sql, string what, CancellationToken cancellationToken)
    {
        try
        {
            await RunPlainAsync(session, sql, cancellationToken);
        }
        catch (DbException exception)
        {
            throw new MigrationException(
                string.Create(CultureInfo.InvariantCulture, $"{what} failed and was rolled back: {exception.Message}"), exception);
        }
    }

    private sealed record AppliedRow(string Name, string Checksum, DateTimeOffset At);

    // Without a transaction it is the session that holds the lock.
    private sealed record Session(DbConnection Connection, DbTransaction? Transaction) : IAsyncDisposable
    {
        public DbCommand Command(string sql)
        {
            var command = Connection.CreateCommand();
            command.CommandText = sql;
            command.Transaction = Transaction;
            return command;
        }

        public async ValueTask DisposeAsync()
        {
            if (Transaction is not null)
            {
                await Transaction.DisposeAsync();
            }
            else if (Connection.State is System.Data.ConnectionState.Open)
            {
                // The pool gives the session on as it is.
                await using var command = Command(string.Create(
                    CultureInfo.InvariantCulture, $"reset lock_timeout; select pg_advisory_unlock({LockKey})"));
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }

            await Connection.DisposeAsync();
        }
    }
}
