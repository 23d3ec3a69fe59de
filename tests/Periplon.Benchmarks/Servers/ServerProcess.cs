using System.Diagnostics;
using System.Globalization;

namespace Periplon.Benchmarks.Servers;

/// <summary>The real program on a fresh data directory, as a process of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;
    private readonly bool _isOwner;

    private ServerProcess(Process process, string directory, bool isOwner, Uri address, TimeSpan coldStart) =>
        (_process, _directory, _isOwner, Address, ColdStart) = (process, directory, isOwner, address, coldStart);

    /// <summary>File name of the program.</summary>
    public static string ProgramName => OperatingSystem.IsWindows() ? "periplon.exe" : "periplon";

    public Uri Address { get; }

    /// <summary>The directory beneath which it keeps its data.</summary>
    public string DataDirectory => _directory;

    /// <summary>From the start of the process to its first answer that it is ready.</summary>
    public TimeSpan ColdStart { get; }

    /// <summary>Starts a server and returns when it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended before.</exception>
    public static async Task<ServerProcess> StartAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        var directory = settings.DataDirectory ?? Directory.CreateTempSubdirectory("periplon-bench-").FullName;
        var address = new Uri($"http://127.0.0.1:{LocalPorts.Next()}");
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(StartInfo(settings, directory, address))!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await ReadyAsync(process, address, cancellationToken);
            return new ServerProcess(process, directory, settings.DataDirectory is null, address, Stopwatch.GetElapsedTime(began));
        }
        catch
        {
            await new ServerProcess(process, directory, settings.DataDirectory is null, address, TimeSpan.Zero).DisposeAsync();
            throw;
        }
    }

    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>Processor time the server has used. Other programs on the machine falsify it less than they do the clock.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (_isOwner)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static ProcessStartInfo StartInfo(ServerSettings settings, string directory, Uri address)
    {
        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(Path.Combine(settings.Build, ProgramName), ["server", "--port", Text(address.Port)])
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PERIPLON__SERVER__LOG_LEVEL"] = "warning";
        start.Environment.Remove("DATABASE_URL");
        if (settings.DatabaseUrl is { } url)
        {
            start.Environment["DATABASE_URL"] = url;
        }

        if (settings.Slots is { } slots)
        {
            start.Environment["PERIPLON__WORKER__SLOTS"] = Text(slots);
        }

        if (settings is { SiloPort: { } silo, GatewayPort: { } gateway })
        {
            start.Environment["PERIPLON__CLUSTER__ADVERTISED_IP"] = "127.0.0.1";
            start.Environment["PERIPLON__CLUSTER__SILO_PORT"] = Text(silo);
            start.Environment["PERIPLON__CLUSTER__GATEWAY_PORT"] = Text(gateway);
        }

        return start;
    }

    private static async Task ReadyAsync(Process process, Uri address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = address };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"The server ended with exit code {process.ExitCode}");
            }

            try
            {
                using var answer = await http.GetAsync("/ready", cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
    }
}

/// <summary>How a server is started.</summary>
internal sealed record ServerSettings
{
    /// <summary>Folder of the program.</summary>
    public string Build { get; init; } = AppContext.BaseDirectory;

    /// <summary>Its PostgreSQL; null for SQLite.</summary>
    public string? DatabaseUrl { get; init; }

    /// <summary>The directory of its data, which stays; null for one that goes with the server.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Attempts it runs at once; null for the default.</summary>
    public int? Slots { get; init; }

    /// <summary>Where other silos reach it; null when there are none.</summary>
    public int? SiloPort { get; init; }

    public int? GatewayPort { get; init; }
}
