using System.Diagnostics;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>A PostgreSQL server of the test's own, which it may stop, kill and start again.</summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-postgres-").FullName;
    private readonly string _programs = FindPrograms();
    private readonly int _port = Ports.Free();

    // The server refuses to run as root; test.sh uses the same two users.
    private static readonly string? User = Environment.UserName != "root" ? null : HasUser("postgres") ? "postgres" : "nobody";

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=periplon;Database=postgres";

    public int Port => _port;

    public DatabaseOptions Options => new()
    {
        Kind = DatabaseKind.Postgres, ConnectionString = ConnectionString, EnginePoolSize = 12, ReadPoolSize = 4,
    };

    public static async Task<PrivatePostgres> StartAsync()
    {
        var server = new PrivatePostgres();
        try
        {
            if (User is not null)
            {
                await RunAsync("chown", [User, server._folder]);
            }

            await server.AsUserAsync("initdb", "-D", server.DataFolder, "-U", "periplon", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
            await server.UpAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server and returns when it answers.</summary>
    public Task UpAsync() => AsUserAsync(
        "pg_ctl", "-D", DataFolder, "-w", "-l", Path.Combine(_folder, "log"), "start", "-o",
        $"-c listen_addresses=127.0.0.1 -c port={_port} -c unix_socket_directories= -c max_connections=200 -c fsync=off");

    /// <summary>Ends the server at once, as a crash does: what was committed is recovered from its log at the next start.</summary>
    public Task CrashAsync() => AsUserAsync("pg_ctl", "-D", DataFolder, "-w", "-m", "immediate", "stop");

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(DataFolder, "postmaster.pid")))
        {
            await CrashAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string DataFolder => Path.Combine(_folder, "data");

    private Task AsUserAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(_programs, program);
        return User is null ? RunAsync(path, arguments) : RunAsync("runuser", ["-u", User, "--", path, .. arguments]);
    }

    private static async Task RunAsync(string program, params IEnumerable<string> arguments)
    {
        // To no pipe: the server inherits it from pg_ctl, and its end would be that of the server.
        using var process = Process.Start("/bin/sh", ["-c", "cd / && exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }

    private static bool HasUser(string name) => File.ReadLines("/etc/passwd").Any(line => line.StartsWith($"{name}:", StringComparison.Ordinal));

    private static string FindPrograms() =>
        (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .OrderByDescending(VersionOf)
        .Select(version => Path.Combine(version, "bin"))
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
        ?? throw new InvalidOperationException("No PostgreSQL server was found: ./test.sh installs one");

    private static int VersionOf(string folder) => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0;
}
