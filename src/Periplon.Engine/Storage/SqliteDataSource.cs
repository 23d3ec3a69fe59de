using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Periplon.Engine.Storage;

/// <summary>Connections to one SQLite file, each set up to wait for a lock and to keep what it has committed.</summary>
internal sealed class SqliteDataSource(string connectionString) : DbDataSource
{
    // Without busy_timeout the driver polls the lock itself, at half the throughput. FULL makes a commit survive a power cut.
    private const string PragmaSql = "pragma busy_timeout = 5000; pragma synchronous = full; pragma foreign_keys = on;";

    public override string ConnectionString => connectionString;

    /// <summary>
    /// Creates the folder and the file, and switches the file to WAL, which it then stays in. A new file can give space back; older ones
    /// learn it from <see cref="SqliteShrinking"/>.
    /// </summary>
    public void EnsureCreated()
    {
        var path = new SqliteConnectionStringBuilder(connectionString).DataSource;
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        using var connection = OpenSqlite();
        using var command = connection.CreateCommand();
        command.CommandText = "pragma auto_vacuum = incremental; pragma journal_mode = wal";
        command.ExecuteScalar();
    }

    public SqliteConnection OpenSqlite()
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = PragmaSql;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

    protected override DbConnection OpenDbConnection() => OpenSqlite();

    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(OpenSqlite());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            using var connection = new SqliteConnection(connectionString);
            SqliteConnection.ClearPool(connection);
        }

        base.Dispose(disposing);
    }
}
