using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

/// <summary>Makes a SQLite file able to shrink. That is decided when a file is created; changing it later writes the file anew.</summary>
internal static partial class SqliteShrinking
{
    // Written anew within some seconds; a larger file is a person's decision ("periplon doctor --repair").
    private const long MostBytes = 512L * 1024 * 1024;

    /// <summary>Whether the file gives back the space of what is deleted.</summary>
    public static async Task<bool> IsEnabledAsync(Database database, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        return Number(connection, "pragma auto_vacuum") != 0;
    }

    /// <summary>Changes a file of an earlier version, unless it is large. Nobody else may use it meanwhile.</summary>
    public static async Task EnableAsync(Database database, ILogger logger, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        if (Number(connection, "pragma auto_vacuum") != 0)
        {
            return;
        }

        var bytes = Number(connection, "pragma page_count") * Number(connection, "pragma page_size");
        if (bytes > MostBytes)
        {
            LogLarge(logger, bytes / 1024 / 1024);
            return;
        }

        await RewriteAsync(connection, cancellationToken);
        LogEnabled(logger);
    }

    /// <summary>Writes the file anew so that it can shrink, however large it is.</summary>
    public static async Task RewriteAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "pragma auto_vacuum = incremental; vacuum";
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    [LoggerMessage(LogLevel.Information, "The database file was written anew, so that it shrinks when executions are deleted")]
    private static partial void LogEnabled(ILogger logger);

    [LoggerMessage(
        LogLevel.Warning,
        "The database file ({Megabytes} MB) of an earlier version does not shrink when executions are deleted; "
        + "'periplon doctor --repair', while no server runs, changes that")]
    private static partial void LogLarge(ILogger logger, long megabytes);
}
