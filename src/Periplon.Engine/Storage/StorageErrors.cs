using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Periplon.Engine.Storage;

/// <summary>What an error of a database means for the work that met it.</summary>
internal static class StorageErrors
{
    /// <summary>
    /// Whether the same work may succeed later: the database is away, busy, or broke off. What was sent may have been done.
    /// </summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        // One that came from another silo has lost its state on the way. Who gets it only repeats a call, with its token.
        PostgresException error => error.SqlState is null || IsTransientState(error.SqlState),
        NpgsqlException error => error.IsTransient, // Refused, cut, timed out, pool exhausted.
        SqliteException error => error.SqliteErrorCode
            is SqliteBusy or SqliteLocked or SqliteIoError or SqliteFull or SqliteCannotOpen or SqliteProtocol,
        IOException or TimeoutException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    public static bool IsUniqueViolation(DbException exception) => exception switch
    {
        PostgresException error => error.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException error => error.SqliteExtendedErrorCode is SqliteUnique or SqlitePrimaryKey,
        _ => false,
    };

    private static bool IsTransientState(string state) =>
        state.StartsWith("08", StringComparison.Ordinal)       // connection
        || state.StartsWith("53", StringComparison.Ordinal)    // no memory, disk or connection left
        || state.StartsWith("57P", StringComparison.Ordinal)   // shut down, crashed, starting, backend terminated
        || state.StartsWith("58", StringComparison.Ordinal)    // I/O error of the server
        || state is "57014"                                    // statement timeout
            or "40001" or "40P01" or "55P03"                   // serialization, deadlock, lock timeout
            or "25006";                                        // read-only: a fail-over is under way

    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteIoError = 10;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;
    private const int SqliteProtocol = 15;
    private const int SqliteUnique = 2067;
    private const int SqlitePrimaryKey = 1555;
}
