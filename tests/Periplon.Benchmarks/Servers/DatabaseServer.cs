using Periplon.Torture.Cluster;

namespace Periplon.Benchmarks.Servers;

/// <summary>Where the databases of all runs come from: a PostgreSQL of our own, one that runs already, or files.</summary>
internal sealed class DatabaseServer : IAsyncDisposable
{
    private readonly PostgresServer? _own;
    private readonly string? _directory;
    private readonly string? _maintenance;

    private DatabaseServer(PostgresServer? own, string? directory, string? maintenance) =>
        (_own, _directory, _maintenance) = (own, directory, maintenance);

    /// <summary>What people are told about it.</summary>
    public string Description => _maintenance is null
        ? "SQLite"
        : _own is null ? "PostgreSQL that ran already" : "PostgreSQL of its own, fsync and synchronous_commit on";

    public static async Task<DatabaseServer> OpenAsync(bool isPostgres, string? url, CancellationToken cancellationToken)
    {
        if (!isPostgres)
        {
            return new DatabaseServer(null, null, null);
        }

        if (url is not null)
        {
            return new DatabaseServer(null, null, RunDatabase.ConnectionStringOf(url));
        }

        var directory = Directory.CreateTempSubdirectory("periplon-bench-postgres-").FullName;
        try
        {
            var own = await PostgresServer.StartAsync(directory, LocalPorts.Next(), cancellationToken, sharedBuffers: "128MB");
            return new DatabaseServer(own, directory, own.ConnectionString(own.Port));
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>An empty database.</summary>
    public Task<RunDatabase> FreshAsync() =>
        _maintenance is null ? Task.FromResult(RunDatabase.File) : RunDatabase.CreateAsync(_maintenance);

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
        {
            await _own.DisposeAsync();
            Directory.Delete(_directory!, recursive: true);
        }
    }
}
