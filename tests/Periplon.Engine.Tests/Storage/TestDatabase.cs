using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>An empty database of its own: a fresh SQLite file, or a fresh database on the server of test.sh.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly Func<Task> _drop;

    private TestDatabase(DatabaseOptions options, Func<Task> drop)
    {
        Options = options;
        Database = Database.Open(options);
        _drop = drop;
    }

    public DatabaseOptions Options { get; }

    public Database Database { get; }

    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind)
    {
        var database = kind is DatabaseKind.Sqlite ? CreateSqlite() : await CreatePostgresAsync();
        await database.Migrator().UpAsync(CancellationToken.None);
        return database;
    }

    public static async Task<TestDatabase> CreateEmptyAsync(DatabaseKind kind) =>
        kind is DatabaseKind.Sqlite ? CreateSqlite() : await CreatePostgresAsync();

    public Migrator Migrator() => new(Database, TimeProvider.System, NullLogger<Migrator>.Instance);

    public Migrator Migrator(IReadOnlyList<Migration> migrations) =>
        new(Database, migrations, TimeProvider.System, NullLogger<Migrator>.Instance);

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = await Database.Engine.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    public async Task<List<string>> LinesAsync(string sql)
    {
        await using var connection = await Database.Engine.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _drop();
    }

    private static TestDatabase CreateSqlite()
    {
        var folder = Directory.CreateTempSubdirectory("periplon-test-").FullName;
        return new(DatabaseOptions.ForFile(Path.Combine(folder, "periplon.db")), () =>
        {
            Directory.Delete(folder, recursive: true);
            return Task.CompletedTask;
        });
    }

    private static async Task<TestDatabase> CreatePostgresAsync()
    {
        var server = Environment.GetEnvironmentVariable("PERIPLON_TEST_PG")
            ?? throw new InvalidOperationException("PERIPLON_TEST_PG is not set: run ./test.sh, which starts a PostgreSQL server for the tests");
        var name = $"test_{Guid.NewGuid():N}";
        await RunAsync(server, $"create database {name}");
        var connectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        return new(
            new() { Kind = DatabaseKind.Postgres, ConnectionString = connectionString, EnginePoolSize = 12, ReadPoolSize = 4 },
            () => RunAsync(server, $"drop database {name} with (force)"));
    }

    private static async Task RunAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>One migrated database for all tests of a class.</summary>
public abstract class DatabaseFixture : IAsyncLifetime
{
    private protected abstract DatabaseKind Kind { get; }

    internal TestDatabase Test { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Test = await TestDatabase.CreateAsync(Kind);

    public async ValueTask DisposeAsync()
    {
        await Test.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class SqliteFixture : DatabaseFixture
{
    private protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

public sealed class PostgresFixture : DatabaseFixture
{
    private protected override DatabaseKind Kind => DatabaseKind.Postgres;
}
