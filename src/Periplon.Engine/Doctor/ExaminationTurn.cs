using System.Data;
using System.Data.Common;
using System.Globalization;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>
/// The right to examine a database, which one process of a cluster has at a time: their load would add up, and their repairs would get in
/// each other's way. It ends with the connection, however that ends. A SQLite file belongs to one process anyway.
/// </summary>
internal sealed class ExaminationTurn : IAsyncDisposable
{
    // Two more than the lock of migrations, whose neighbour is that of partitions.
    private const long Key = 8099002322093696880;

    private readonly DbConnection? _connection;

    private ExaminationTurn(DbConnection? connection) => _connection = connection;

    public static async Task<ExaminationTurn?> TryTakeAsync(Database database, CancellationToken cancellationToken)
    {
        if (database.Kind is DatabaseKind.Sqlite)
        {
            return new(null);
        }

        var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        try
        {
            if (await CallAsync(connection, "pg_try_advisory_lock", cancellationToken))
            {
                return new(connection);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is null)
        {
            return;
        }

        // The pool gives the session on as it is.
        if (_connection.State is ConnectionState.Open)
        {
            await CallAsync(_connection, "pg_advisory_unlock", CancellationToken.None);
        }

        await _connection.DisposeAsync();
    }

    private static async Task<bool> CallAsync(DbConnection connection, string function, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"select {function}({Key})");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
