using System.Data.Common;
using Microsoft.Data.Sqlite;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>A transaction in which something is mended. What must not run in one uses the connection before it begins.</summary>
internal sealed class RepairSession : IAsyncDisposable
{
    private RepairSession(DbConnection connection) => Connection = connection;

    public DbConnection Connection { get; }

    public DbTransaction? Transaction { get; private set; }

    public bool IsPostgres => Connection is not SqliteConnection;

    public static async Task<RepairSession> OpenAsync(Database database, CancellationToken cancellationToken) =>
        new(await database.Engine.OpenConnectionAsync(cancellationToken));

    /// <summary>Begins the transaction. On SQLite it has the write lock from here on.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken) => Transaction = Connection is SqliteConnection sqlite
        ? sqlite.BeginTransaction(deferred: false)
        : await Connection.BeginTransactionAsync(cancellationToken);

    public DbCommand Command(string sql)
    {
        var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = Transaction;
        return command;
    }

    /// <summary>Locks the row of an execution until the end of the transaction; false when there is none.</summary>
    public async Task<bool> LockExecutionAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = Command("select 1 from executions where id = @id" + (IsPostgres ? " for update" : ""));
        command.AddId("id", id);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (Transaction is { } transaction)
        {
            await transaction.CommitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Transaction is { } transaction)
        {
            await transaction.DisposeAsync();
        }

        await Connection.DisposeAsync();
    }
}
