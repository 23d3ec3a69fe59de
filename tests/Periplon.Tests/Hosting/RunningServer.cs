using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Periplon.Commands;
using Periplon.Configuration;
using Periplon.Engine.Storage;
using Periplon.Hosting;

namespace Periplon.Tests.Hosting;

/// <summary>
/// The real server in this process: API, silo and worker on a free port, over a fresh SQLite directory or a fresh database on the
/// PostgreSQL server of test.sh.
/// </summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Database _database;
    private readonly Func<Task> _drop;

    private RunningServer(WebApplication app, Database database, string directory, Func<Task> drop)
    {
        _app = app;
        _database = database;
        _drop = drop;
        Directory = directory;
        Address = app.Urls.Single();
        Http = new HttpClient { BaseAddress = new Uri(Address), Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Such as <c>http://127.0.0.1:40123</c>.</summary>
    public string Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The data directory.</summary>
    public string Directory { get; }

    /// <summary>Starts one.</summary>
    /// <param name="kind">The database.</param>
    /// <param name="settings">Settings beyond the defaults, such as <c>("worker.slots", "2")</c>.</param>
    public static async Task<RunningServer> StartAsync(DatabaseKind kind, params (string Path, string Value)[] settings)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("periplon-server-").FullName;
        var (url, dropDatabase) = kind is DatabaseKind.Postgres ? await CreatePostgresAsync() : (null, () => Task.CompletedTask);
        var config = Load(directory, url, settings);
        var database = Database.Open(DatabaseConnections.OptionsOf(config, directory));
        WebApplication? app = null;
        try
        {
            await ServerHost.BecomeReadyAsync(config, database, CancellationToken.None);
            app = ServerHost.Build(config, new ServerArguments(directory, Dev: false), database);
            await app.StartAsync();
            return new RunningServer(app, database, directory, DropAsync);
        }
        catch
        {
            await (app?.DisposeAsync() ?? ValueTask.CompletedTask);
            await database.DisposeAsync();
            await DropAsync();
            throw;
        }

        async Task DropAsync()
        {
            await dropDatabase();
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        await _drop();
    }

    private static PeriplonConfig Load(string directory, string? url, (string Path, string Value)[] settings)
    {
        var ports = FreePorts(2);
        List<(string Path, string Value)> given =
        [
            ("server.port", "0"), ("server.data_dir", directory), ("server.log_level", "warning"), ("cluster.advertised_ip", "127.0.0.1"),
            ("cluster.silo_port", $"{ports[0]}"), ("cluster.gateway_port", $"{ports[1]}"),
        ];
        if (url is not null)
        {
            given.AddRange([("storage.backend", "postgres"), ("storage.url", url)]);
        }

        var result = ConfigLoader.Load(new ConfigSources
        {
            Directory = directory,
            Variables = new Dictionary<string, string>(),
            Arguments = [.. given.Concat(settings).Select(setting => new ConfigArgument(setting.Path, setting.Value, "test"))],
        });
        result.Problems.ShouldBeEmpty();
        return result.Config!;
    }

    // Servers of several test classes start at the same time, and each looks for free ports: they get them here, all different.
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    internal static async Task<(string Url, Func<Task> Drop)> CreatePostgresAsync()
    {
        var server = Environment.GetEnvironmentVariable("PERIPLON_TEST_PG")
            ?? throw new InvalidOperationException("PERIPLON_TEST_PG is not set: run ./test.sh, which starts a PostgreSQL server for the tests");
        var name = $"server_{Guid.NewGuid():N}";
        await RunAsync(server, $"create database {name}");
        return (new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString, () => RunAsync(server, $"drop database {name} with (force)"));
    }

    internal static async Task<object?> RunAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

/// <summary>One server for all tests of a class.</summary>
public abstract class RunningServerFixture : IAsyncLifetime
{
    private protected abstract DatabaseKind Kind { get; }

    internal RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync(Kind);

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}

public sealed class SqliteServer : RunningServerFixture
{
    private protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

public sealed class PostgresServer : RunningServerFixture
{
    private protected override DatabaseKind Kind => DatabaseKind.Postgres;
}
