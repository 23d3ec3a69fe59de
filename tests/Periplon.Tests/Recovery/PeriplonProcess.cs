using System.Collections.Concurrent;
using System.Diagnostics;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>The built program as a process of its own, in a directory of its own.</summary>
internal sealed class PeriplonProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private PeriplonProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>All that it has printed, on both streams.</summary>
    public string Output => string.Join('\n', _lines);

    public static PeriplonProcess Start(string directory, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "periplon"), arguments)
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment.Remove("DATABASE_URL");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new PeriplonProcess(Process.Start(start)!);
    }

    /// <summary>Waits for a line that contains a text and returns it.</summary>
    public async Task<string> LineAsync(string text)
    {
        string? found = null;
        await Eventually.TrueAsync($"the program printed '{text}' ({_process.Id})", () =>
        {
            found = _lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
            return found is null && _process.HasExited
                ? throw new InvalidOperationException($"The program ended with {_process.ExitCode}:\n{Output}")
                : Task.FromResult(found is not null);
        }, 60);
        return found!;
    }

    /// <summary>The power goes off.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Terminate() => Signal("TERM");

    /// <summary>The process stands still, as a machine does that swaps or a virtual one that is moved.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>It goes on.</summary>
    public void Thaw() => Signal("CONT");

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<int> ExitAsync(CancellationToken cancellationToken, int seconds = 60)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(seconds));
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
