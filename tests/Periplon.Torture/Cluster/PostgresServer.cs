using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace Periplon.Torture.Cluster;

/// <summary>A private PostgreSQL server in a directory of its own, on loopback, run as an ordinary user.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly string _programs;
    private readonly string _directory;
    private readonly string _password;
    private readonly string? _user;
    private readonly string _sharedBuffers;

    private PostgresServer(string programs, string directory, string password, string? user, int port, string sharedBuffers) =>
        (_programs, _directory, _password, _user, Port, _sharedBuffers) = (programs, directory, password, user, port, sharedBuffers);

    public int Port { get; }

    private string Data => Path.Combine(_directory, "data");

    public static async Task<PostgresServer> StartAsync(
        string directory, int port, CancellationToken cancellationToken, string sharedBuffers = "64MB")
    {
        var user = Environment.IsPrivilegedProcess ? await OrdinaryUserAsync(cancellationToken) : null;
        var server = new PostgresServer(
            FindPrograms(), directory, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), user, port, sharedBuffers);
        Directory.CreateDirectory(directory);
        var passwords = Path.Combine(directory, "password");
        await File.WriteAllTextAsync(passwords, server._password, cancellationToken);
        if (user is not null)
        {
            await CheckedAsync("chown", ["-R", user, directory], directory, cancellationToken);
        }

        await server.RunAsync(
            "initdb", ["-D", server.Data, "-U", "periplon", "-A", "scram-sha-256", $"--pwfile={passwords}", "-E", "UTF8", "--locale=C"],
            cancellationToken);
        await server.LaunchAsync(cancellationToken);
        return server;
    }

    /// <summary>The connection string, by way of a port that may be a proxy's.</summary>
    public string ConnectionString(int port) =>
        $"Host=127.0.0.1;Port={port};Username=periplon;Password={_password};Database=postgres;SSL Mode=Disable";

    /// <summary>Starts the server and returns when it answers.</summary>
    public Task LaunchAsync(CancellationToken cancellationToken) => RunAsync(
        "pg_ctl",
        [
            "-D", Data, "-w", "-t", "60", "-l", Path.Combine(_directory, "postgres.log"), "start", "-o",
            $"-c listen_addresses=127.0.0.1 -c port={Port} -c unix_socket_directories= -c max_connections=300 "
                + $"-c shared_buffers={_sharedBuffers}",
        ],
        cancellationToken);

    /// <summary>Ends it as a crash does: no checkpoint, every connection cut.</summary>
    public Task CrashAsync(CancellationToken cancellationToken) =>
        RunAsync("pg_ctl", ["-D", Data, "-m", "immediate", "-w", "stop"], cancellationToken);

    public void Freeze() => ProcessSignals.SendToTree(Process(), ProcessSignals.Stop);

    public void Thaw() => ProcessSignals.SendToTree(Process(), ProcessSignals.Continue);

    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString(Port) + ";Timeout=2;Command Timeout=2;Pooling=false");
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            Thaw();
            await CrashAsync(CancellationToken.None);
        }
    }

    /// <summary>The server's first process; null while it does not run.</summary>
    public int? ProcessId => File.Exists(Path.Combine(Data, "postmaster.pid")) ? Process() : null;

    private int Process() => File.Exists(Path.Combine(Data, "postmaster.pid"))
        ? int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First())
        : throw new InvalidOperationException("PostgreSQL is not running");

    private static string FindPrograms()
    {
        var packaged = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return packaged.Concat(onPath).FirstOrDefault(
                path => File.Exists(Path.Combine(path, "initdb")) && File.Exists(Path.Combine(path, "postgres")))
            ?? throw new InvalidOperationException(
                "No PostgreSQL server was found below /usr/lib/postgresql or on PATH; install the package postgresql");
    }

    // PostgreSQL refuses to run as root.
    private static async Task<string> OrdinaryUserAsync(CancellationToken cancellationToken) =>
        (await File.ReadAllLinesAsync("/etc/passwd", cancellationToken)).Any(line => line.StartsWith("postgres:", StringComparison.Ordinal))
            ? "postgres"
            : "nobody";

    private Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_programs, program);
        return _user is null
            ? CheckedAsync(path, arguments, _directory, cancellationToken)
            : CheckedAsync("runuser", ["-u", _user, "--", path, .. arguments], _directory, cancellationToken);
    }

    private static async Task CheckedAsync(
        string program, IReadOnlyList<string> arguments, string directory, CancellationToken cancellationToken)
    {
        // Into a file: a server that is started inherits the streams, and a pipe would stay open as long as it lives.
        var output = Path.Combine(Path.GetTempPath(), $"periplon-torture-{Guid.NewGuid():N}.out");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" > \"$0\" 2>&1", output, program, .. arguments])
        {
            WorkingDirectory = directory,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        await process.WaitForExitAsync(cancellationToken);
        var text = await File.ReadAllTextAsync(output, cancellationToken);
        File.Delete(output);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{text}");
        }
    }
}
