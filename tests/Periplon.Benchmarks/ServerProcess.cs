using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Periplon.Benchmarks;

/// <summary>The real program on a fresh data directory, as a process of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;
    private readonly bool _isOwner;

    private ServerProcess(Process process, string directory, bool isOwner, Uri address, TimeSpan coldStart) =>
        (_process, _directory, _isOwner, Address, ColdStart) = (process, directory, isOwner, address, coldStart);

    public Uri Address { get; }

    /// <summary>The directory beneath which the server keeps its data.</summary>
    public string DataDirectory => _directory;

    public TimeSpan ColdStart { get; }

    /// <summary>Starts the server.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="kept">The directory of its data, which stays; null for one that goes with the server.</param>
    /// <param name="slots">Attempts it runs at once; null for the default.</param>
    public static async Task<ServerProcess> StartAsync(BenchOptions options, string? kept = null, int? slots = null)
    {
        var directory = kept ?? Directory.CreateTempSubdirectory("periplon-bench-").FullName;
        var port = FreePort();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "periplon"), ["server", "--port", $"{port}"])
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PERIPLON__SERVER__LOG_LEVEL"] = "warning";
        if (slots is { } some)
        {
            start.Environment["PERIPLON__WORKER__SLOTS"] = some.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (options.Url is { } url)
        {
            start.Environment["DATABASE_URL"] = url;
        }

        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var address = new Uri($"http://127.0.0.1:{port}");
        using var http = new HttpClient { BaseAddress = address };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await timer.WaitForNextTickAsync())
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"The server ended with exit code {process.ExitCode}");
            }

            try
            {
                using var answer = await http.GetAsync("/ready");
                if (answer.IsSuccessStatusCode)
                {
                    break;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }

        return new ServerProcess(process, directory, kept is null, address, Stopwatch.GetElapsedTime(began));
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
