using Npgsql;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>A directory for a server, one for what its tasks write, and the database.</summary>
internal sealed class Workspace : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("periplon-recovery-").FullName;
    private TestDatabase? _database;
    private string? _connection;

    /// <summary>The working directory of the program; its data directory is beneath.</summary>
    public string Home => _root;

    /// <summary>The variables that name the database; none for the embedded one.</summary>
    public (string Name, string Value)[] Environment => _connection is null ? [] :
    [
        ("DATABASE_URL", _connection),
        ("PERIPLON__CLUSTER__ADVERTISED_IP", "127.0.0.1"),
        ("PERIPLON__CLUSTER__SILO_PORT", $"{Ports.Free()}"),
        ("PERIPLON__CLUSTER__GATEWAY_PORT", $"{Ports.Free()}"),
    ];

    public static async Task<Workspace> CreateAsync(DatabaseKind kind = DatabaseKind.Sqlite)
    {
        var database = kind is DatabaseKind.Postgres ? await TestDatabase.CreateEmptyAsync(kind) : null;
        return new() { _database = database, _connection = database?.Options.ConnectionString };
    }

    /// <summary>A workspace on a database that the test looks after.</summary>
    public static Workspace On(string connection) => new() { _connection = connection };

    public NpgsqlConnectionStringBuilder Connection => new(_connection);

    public string PathOf(string name) => Path.Combine(_root, name);

    public string[] Lines(string name) => File.Exists(PathOf(name)) ? File.ReadAllLines(PathOf(name)) : [];

    public void Open(string gate) => File.WriteAllText(PathOf(gate), "");

    public Task LinesAsync(string name, int count, int seconds = 60) => Eventually.TrueAsync(
        $"{name} has {count} lines", () => Task.FromResult(Lines(name).Length >= count), seconds);

    /// <summary>Starts a worker of the cluster.</summary>
    public PeriplonProcess Work(int slots, params (string Name, string Value)[] environment) => PeriplonProcess.Start(
        _root, ["worker", "--slots", $"{slots}", "--data-dir", PathOf($"worker-{Guid.NewGuid():N}")], [.. Environment, .. environment]);

    public Task<TestServer> ServeAsync(params (string Name, string Value)[] environment) =>
        TestServer.StartAsync(_root, [.. Environment, .. environment]);

    /// <summary>A workflow whose task <c>first</c> leaves its key, <c>slow</c> its key and process and waits for the gate, and <c>last</c>
    /// its key.</summary>
    public string SlowWorkflow(string name) => $$"""
        name: {{name}}
        version: 1.0.0
        tasks:
          first:
            script: {language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {{PathOf("first")}}'}
          slow:
            depends_on: [first]
            script:
              language: bash
              content: |
                echo "$PERIPLON_ATTEMPT_KEY $$" >> {{PathOf("slow")}}
                while [ ! -e {{PathOf("gate")}} ]; do sleep 0.05; done
                echo "$PERIPLON_ATTEMPT_KEY" >> {{PathOf("slow-done")}}
          last:
            depends_on: [slow]
            script: {language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {{PathOf("last")}}'}
        """;

    /// <summary>A workflow of one task that leaves its key, process and time, waits for its gate, and leaves its key again.</summary>
    public string GatedWorkflow(string name, string keys = "") => $$"""
        name: {{name}}
        version: 1.0.0
        tasks:
          held:
            {{keys}}
            script:
              language: bash
              content: |
                echo "$PERIPLON_ATTEMPT_KEY $$ $(date +%s%3N)" >> {{PathOf(name)}}
                while [ ! -e {{PathOf($"gate-{name}")}} ]; do sleep 0.05; done
                echo "$PERIPLON_ATTEMPT_KEY" >> {{PathOf($"{name}-done")}}
        """;

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        Directory.Delete(_root, recursive: true);
    }
}
