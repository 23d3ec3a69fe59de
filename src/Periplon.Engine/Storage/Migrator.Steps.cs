using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace Periplon.Engine.Storage;

// Migrations on PostgreSQL while others work on the tables. A statement that needs a strong lock lets everybody behind it wait, so it waits
// for it shortly, and tries again. An index is built beside the writers, which needs no strong lock and may wait for as long as it takes.
internal sealed partial class Migrator
{
    private const int MostTries = 120;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(700);

    private async Task<MigrationStatus?> ApplyInStepsAsync(
        Migration migration, IReadOnlyList<MigrationStep> steps, CancellationToken cancellationToken)
    {
        await using var session = await LockAsync(cancellationToken);
        if ((await ReadAppliedAsync(session.Connection, session.Transaction, cancellationToken)).ContainsKey(migration.Number))
        {
            return null;
        }

        foreach (var step in steps)
        {
            try
            {
                await RetryLockedAsync(() => RunStepAsync(session, step, cancellationToken), cancellationToken);
            }
            catch (DbException exception)
            {
                var first = step.Sql.Split('\n')[0];
                throw new MigrationException(
                    $"Migration {migration.FileName} failed at '{first}': {exception.Message}. "
                    + "What came before stays; apply it again to go on",
                    exception);
            }
        }

        return await RecordAsync(session, migration, cancellationToken);
    }

    private static async Task<int> RunStepAsync(Session session, MigrationStep step, CancellationToken cancellationToken)
    {
        if (step.Index is { } index)
        {
            // One whose building was broken off is there, is kept up to date, and serves nobody.
            await RunPlainAsync(session, "set lock_timeout = 0", cancellationToken);
            await using var find = session.Command(
                $"select 1 from pg_index where indexrelid = to_regclass('{index}') and not indisvalid");
            if (await find.ExecuteScalarAsync(cancellationToken) is not null)
            {
                await RunPlainAsync(session, $"drop index concurrently if exists {index}", cancellationToken);
            }
        }
        else
        {
            await RunPlainAsync(session, $"set lock_timeout = '{LockWait}'", cancellationToken);
        }

        var changed = await RunPlainAsync(session, step.Sql, cancellationToken);
        while (step.Repeats && changed > 0)
        {
            changed = await RunPlainAsync(session, step.Sql, cancellationToken);
        }

        return changed;
    }

    private static async Task<int> RunPlainAsync(Session session, string sql, CancellationToken cancellationToken)
    {
        await using var command = session.Command(sql);
        command.CommandTimeout = 0; // An index on a large table takes as long as it takes.
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Tries again what did not get its lock in time.
    private async Task<T> RetryLockedAsync<T>(Func<Task<T>> run, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await run();
            }
            catch (Exception e) when (tries < MostTries && IsLocked(e))
            {
                await Task.Delay(LockPause, time, cancellationToken);
            }
        }
    }

    private static bool IsLocked(Exception exception) => (exception as MigrationException)?.InnerException is { } inner
        ? IsLocked(inner)
        : exception is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected };

    // The lock of all programs, held by the session rather than by a transaction.
    private async Task<Session> LockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
            var session = new Session(connection, null);
            try
            {
                await using var command = session.Command(string.Create(
                    CultureInfo.InvariantCulture, $"select pg_try_advisory_lock({LockKey})"));
                if (await command.ExecuteScalarAsync(cancellationToken) is true)
                {
                    await RunPlainAsync(session, PostgresTableSql, cancellationToken);
                    return session;
                }
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }

            await connection.DisposeAsync();
            await Task.Delay(LockPause, time, cancellationToken);
        }
    }
}
