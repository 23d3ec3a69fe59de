using System.Diagnostics;
using System.Globalization;

namespace Periplon.Torture.Cluster;

/// <summary>One place for a process of the program: the same name and ports, whichever process stands there.</summary>
internal sealed class Silo(string name, SiloSettings settings, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Life> _lives = [];
    private Process? _process;

    public string Name => name;

    public SiloSettings Settings => settings;

    /// <summary>Address of the API; null for a worker.</summary>
    public Uri? Address => settings.HttpPort is { } port ? new Uri($"http://127.0.0.1:{port}") : null;

    public string Log => Path.Combine(settings.Directory, $"{name}.log");

    /// <summary>The processes that have stood here, the newest last.</summary>
    public IReadOnlyList<Life> Lives
    {
        get
        {
            lock (_gate)
            {
                return [.. _lives];
            }
        }
    }

    /// <summary>The process that stands here now; null when it is not running, whoever ended it.</summary>
    public Life? Life => Lives is [.., { EndedAt: null } last] && _process is { HasExited: false } ? last : null;

    public int ProcessId => _process?.Id ?? 0;

    /// <summary>Whether nobody has ended it on purpose: a supervisor starts it again when it ends by itself.</summary>
    public bool IsWanted { get; private set; }

    public void Start()
    {
        lock (_gate)
        {
            var life = new Life(string.Create(CultureInfo.InvariantCulture, $"{name}.{_lives.Count + 1}"), time.GetUtcNow());
            _lives.Add(life);

            // A shell stands in front for the redirection alone: it replaces itself, so the process id stays.
            var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >> \"$0\" 2>&1", Log, settings.Program, .. settings.Arguments])
            {
                WorkingDirectory = settings.Directory,
            };
            start.Environment.Remove("DATABASE_URL");
            foreach (var (key, value) in settings.Environment)
            {
                start.Environment[key] = value;
            }

            start.Environment["TORTURE_SILO"] = life.Name;
            _process = Process.Start(start)!;
            life.ProcessId = _process.Id;
            IsWanted = true;
        }
    }

    public void Kill()
    {
        IsWanted = false;
        Signal(ProcessSignals.Kill);
    }

    /// <summary>Asks it to end.</summary>
    public void Terminate()
    {
        IsWanted = false;
        Signal(ProcessSignals.Terminate);
    }

    /// <summary>Stops the process, or the whole host with everything that runs there.</summary>
    public void Freeze(bool wholeHost)
    {
        if (Life is { } life)
        {
            life.IsFrozen = true;
            SendTo(wholeHost, ProcessSignals.Stop);
        }
    }

    public void Thaw()
    {
        if (_lives is [.., { IsFrozen: true } life])
        {
            life.IsFrozen = false;
            life.ThawedAt = time.GetUtcNow();
            SendTo(wholeHost: true, ProcessSignals.Continue);
        }
    }

    /// <summary>Waits for the end of the process; null when the time is up.</summary>
    public async Task<int?> ExitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            await _process!.WaitForExitAsync(cancellationToken).WaitAsync(wait, time, cancellationToken);
            NoteEnd();
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Notes the end of the process, if it has ended; true the first time.</summary>
    public bool NoteEnd()
    {
        lock (_gate)
        {
            if (_process is not { HasExited: true } || _lives is not [.., { EndedAt: null } life])
            {
                return false;
            }

            life.EndedAt = time.GetUtcNow();
            life.ExitCode = _process.ExitCode;
            return true;
        }
    }

    private void Signal(int signal)
    {
        if (_process is { HasExited: false } running)
        {
            ProcessSignals.Send(running.Id, signal);
        }
    }

    private void SendTo(bool wholeHost, int signal)
    {
        if (wholeHost && _process is { HasExited: false } running)
        {
            ProcessSignals.SendToTree(running.Id, signal);
        }
        else
        {
            Signal(signal);
        }
    }
}

/// <summary>One process in the place of a silo.</summary>
internal sealed class Life(string name, DateTimeOffset startedAt)
{
    /// <summary>Name that its tasks write into the ledger.</summary>
    public string Name => name;

    public DateTimeOffset StartedAt => startedAt;

    public int ProcessId { get; set; }

    public bool IsFrozen { get; set; }

    public DateTimeOffset? ThawedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public int? ExitCode { get; set; }
}

/// <summary>How a silo is started.</summary>
internal sealed record SiloSettings
{
    public required string Program { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string Directory { get; init; }

    public int? HttpPort { get; init; }
}
