using System.Globalization;
using Npgsql;
using Periplon.Benchmarks.Measure;

namespace Periplon.Benchmarks.Servers;

/// <summary>The database of one run: a fresh one on PostgreSQL that is dropped at the end, or the file in the server's directory.</summary>
internal sealed class RunDatabase : IAsyncDisposable
{
    private readonly string? _maintenance;
    private readonly NpgsqlConnection? _connection;
    private readonly int? _postmaster;

    private RunDatabase(string? maintenance, NpgsqlConnection? connection, int? postmaster) =>
        (_maintenance, _connection, _postmaster) = (maintenance, connection, postmaster);

    /// <summary>The one that a server keeps in its own directory.</summary>
    public static RunDatabase File { get; } = new(null, null, null);

    /// <summary>How servers connect; null for a file.</summary>
    public string? ConnectionString { get; private init; }

    /// <summary>Creates an empty database.</summary>
    /// <param name="maintenance">Connection string of a database on the same server.</param>
    public static async Task<RunDatabase> CreateAsync(string maintenance)
    {
        var name = $"periplon_bench_{Guid.NewGuid():N}";
        await ExecuteAsync(maintenance, $"create database {name}");
        var own = new NpgsqlConnectionStringBuilder(maintenance) { Database = name }.ConnectionString;
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(own) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();

        // The first process of the server is the parent of the one that serves this connection, if it runs here at all.
        return new RunDatabase(maintenance, connection, ProcessTimes.ParentOf(connection.ProcessID, "postgres"))
        {
            ConnectionString = own,
        };
    }

    /// <summary>A connection string for what may be a URL.</summary>
    public static string ConnectionStringOf(string url)
    {
        if (!url.Contains("://", StringComparison.Ordinal))
        {
            return url;
        }

        var uri = new Uri(url);
        var user = uri.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432, Database = uri.AbsolutePath.TrimStart('/'),
            Username = Uri.UnescapeDataString(user[0]), Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        }.ConnectionString;
    }

    /// <summary>Processor time of all processes of PostgreSQL; null for a file, and for a server elsewhere.</summary>
    public TimeSpan? ProcessorTime() => _postmaster is { } process ? ProcessTimes.OfFamily(process) : null;

    /// <summary>Bytes that the server has written to its log of changes since it exists; null for a file.</summary>
    public async Task<double?> WalBytesAsync() => _connection is null
        ? null
        : Convert.ToDouble(await ScalarAsync("select pg_current_wal_lsn() - '0/0'::pg_lsn"), CultureInfo.InvariantCulture);

    /// <summary>Bytes of the journal of an execution; null for a file.</summary>
    public async Task<double?> JournalBytesAsync(Guid execution) => _connection is null
        ? null
        : Convert.ToDouble(
            await ScalarAsync($"select sum(octet_length(events)) from execution_events where execution_id = '{execution:D}'"),
            CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            await ExecuteAsync(_maintenance!, $"drop database {_connection.Database} with (force)");
        }
    }

    private static async Task ExecuteAsync(string connectionString, string statement)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string statement)
    {
        await using var command = new NpgsqlCommand(statement, _connection);
        return await command.ExecuteScalarAsync();
    }
}
