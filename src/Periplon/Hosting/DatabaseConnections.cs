using Microsoft.Extensions.Logging;
using Periplon.Configuration;
using Periplon.Engine.Storage;

namespace Periplon.Hosting;

/// <summary>The configured database, opened, reachable and with a schema that fits.</summary>
internal static partial class DatabaseConnections
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    /// <summary>The storage's options as the engine wants them.</summary>
    public static DatabaseOptions OptionsOf(PeriplonConfig config, string directory)
    {
        // The address is read by the code that checked it at start-up, so that what was accepted there cannot be refused here.
        var options = config.Storage.IsPostgres
            ? new DatabaseOptions { Kind = DatabaseKind.Postgres, ConnectionString = DatabaseUrl.ConnectionString(config.Storage) }
            : DatabaseOptions.ForFile(config.SqlitePath(directory));
        var flushers = config.Storage.Journal.Flushers;
        var others = Math.Max(4, config.Storage.MaxConnections - flushers - 2);
        return options with
        {
            JournalFlushers = flushers,
            JournalMaxBatch = config.Storage.Journal.MaxBatch,
            EnginePoolSize = others * 2 / 3,
            ReadPoolSize = Math.Max(2, others / 3),
        };
    }

    /// <summary>Tries to reach the database; returns why not.</summary>
    public static async Task<string?> ProbeAsync(Database database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "select 1";
            await command.ExecuteScalarAsync(cancellationToken);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e.Message;
        }
    }

    /// <summary>Waits until the database answers, with a message when it begins to and when it has an end.</summary>
    public static async Task WaitAsync(
        Database database, string problem, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        for (string? found = problem; found is not null; found = await ProbeAsync(database, cancellationToken))
        {
            LogUnreachable(logger, found, delay.TotalSeconds);
            await Task.Delay(delay, time, cancellationToken);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }

        LogReached(logger);
    }

    /// <summary>
    /// Brings the schema up where that is allowed: always on SQLite and on an empty database, otherwise only when asked to. Returns why the
    /// program cannot start, or null.
    /// </summary>
    public static async Task<string?> PrepareAsync(Migrator migrator, PeriplonConfig config, CancellationToken cancellationToken)
    {
        var status = await migrator.StatusAsync(cancellationToken);
        var newestKnown = status.Where(s => s.State is not MigrationState.Unknown).Max(s => s.Number);
        var changed = status
            .Where(s => s.State is MigrationState.Changed || (s.State is MigrationState.Unknown && s.Number < newestKnown))
            .Select(s => s.Name).ToList();
        if (changed.Count > 0)
        {
            return "The schema of the database was made by another version of this program: "
                + $"{string.Join(", ", changed)}. 'periplon migrate status' shows more";
        }

        var pending = status.Count(s => s.State is MigrationState.Pending);
        var isEmpty = pending == status.Count(s => s.State is not MigrationState.Unknown);
        if (pending > 0 && config.Storage.IsPostgres && !config.Storage.AutoMigrate && !isEmpty)
        {
            return $"The database lacks {pending} migrations. Run 'periplon migrate', or start with --migrate (storage.auto_migrate)";
        }

        await migrator.UpAsync(cancellationToken);
        return null;
    }

    [LoggerMessage(LogLevel.Warning, "The database cannot be reached: {Problem}. The next try is in {Seconds} s")]
    private static partial void LogUnreachable(ILogger logger, string problem, double seconds);

    [LoggerMessage(LogLevel.Information, "The database answers")]
    private static partial void LogReached(ILogger logger);
}
