using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// Runs programs, each in a session of its own, and leaves nothing of them behind: on a cancel or at the time limit the whole group gets
/// SIGTERM and, after a grace, SIGKILL; what a program that ended by itself left in its group is ended too.
/// </summary>
internal sealed partial class ProcessRunner(
    TaskOptions options, ProcessWatchdog watchdog, TimeProvider time, ILogger<ProcessRunner> logger)
{
    private const string Starter = "periplon-start";

    // The first process waits until the watchdog knows its group: if the worker dies in between, 'read' meets the end of the pipe and
    // nothing ever runs. The shell and setsid in front make a start of /bin/true take about 2 ms, a whole attempt of it about 6 ms.
    private const string StarterScript = "IFS= read -r go || exit 125; exec \"$@\" </dev/null";

    // 126 and 127 with a message of the starter itself mean that 'exec' failed, such as for a missing interpreter in a #! line.
    private const int NotExecutable = 126;
    private const int NotFound = 127;

    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs a program to its end, and whatever happens to the end of everything it started.</summary>
    internal async Task<ProcessEnd> RunAsync(
        ProcessRequest request, IByteSink stdout, IByteSink stderr, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new ProcessEnd.Cancelled();
        }

        var mark = watchdog.NextMark();
        using var process = Start(request, mark, out var problem);
        if (process is null)
        {
            return new ProcessEnd.NotStarted(problem!);
        }

        var group = new ProcessGroup(process.Id);
        watchdog.Register(group);
        try
        {
            var starterSays = new StarterWatch(stderr);
            using var abandon = new CancellationTokenSource();
            var pumps = Task.WhenAll(
                PumpAsync(process.StandardOutput.BaseStream, stdout, abandon.Token),
                PumpAsync(process.StandardError.BaseStream, starterSays, abandon.Token));
            Release(process);
            var stopped = await WaitAsync(process, group, request.Timeout, cancellationToken);
            await CleanUpAsync(group, mark, pumps, suspicious: stopped is not null);
            await abandon.CancelAsync();
            await pumps;
            return stopped ?? Describe(process.ExitCode, starterSays, request);
        }
        finally
        {
            watchdog.Unregister(group);
        }
    }

    private static Process? Start(ProcessRequest request, string mark, out string? problem)
    {
        if (!SessionStart.IsPossible)
        {
            problem = "This worker cannot start processes: it needs the program 'setsid' (package util-linux) or 'perl' on PATH";
            return null;
        }

        var path = request.Environment.GetValueOrDefault("PATH");
        var program = ExecutableFinder.Find(request.Executable, path, request.Directory, out problem);
        if (program is null || (problem = FindImpossible(request)) is not null)
        {
            return null;
        }

        var start = SessionStart.Prepare("/bin/sh", ["-c", StarterScript, Starter, program, .. request.Arguments]);
        start.WorkingDirectory = request.Directory;
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        start.Environment.Clear();
        foreach (var (name, value) in request.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[EscapedProcesses.Variable] = mark;
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            problem = $"The program {program} could not be started in {request.Directory}: {exception.Message}";
            return null;
        }
    }

    // What the operating system would cut off or reject without naming it.
    private static string? FindImpossible(ProcessRequest request) =>
        request.Arguments.FirstOrDefault(argument => argument.Contains('\0')) is { } bad
            ? $"An argument of '{request.Executable}' contains a NUL character: '{bad[..bad.IndexOf('\0')]}'"
        : request.Environment.FirstOrDefault(variable => variable.Value.Contains('\0')).Key is { } name
            ? $"The environment variable '{name}' contains a NUL character"
        : null;

    private static void Release(Process process)
    {
        try
        {
            process.StandardInput.BaseStream.Write("\n"u8);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed before it began; its exit tells.
        }
    }

    private async Task<ProcessEnd?> WaitAsync(Process process, ProcessGroup group, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var exit = process.WaitForExitAsync(CancellationToken.None);
        using var deadline = TimeLimit.Start(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await exit.WaitAsync(stop.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            group.Terminate();
        }

        if (!await EndsWithinAsync(exit, options.StopGrace))
        {
            LogKilled(group.Id, options.StopGrace);
            group.Kill();
            await exit;
        }

        return cancellationToken.IsCancellationRequested ? new ProcessEnd.Cancelled() : new ProcessEnd.TimedOut(timeout!.Value);
    }

    private async Task CleanUpAsync(ProcessGroup group, string mark, Task pumps, bool suspicious)
    {
        if (group.Exists())
        {
            LogLeftovers(group.Id);
            group.Terminate();
            if (!await IsGoneWithinAsync(group, options.LeftoverGrace))
            {
                group.Kill();
            }
        }

        // With the group gone the pipes end, unless a process outside of it holds them.
        if ((suspicious || !await EndsWithinAsync(pumps, options.LeftoverGrace)) && EscapedProcesses.Kill(mark) is > 0 and var escaped)
        {
            LogEscaped(escaped, group.Id);
        }

        if (!await EndsWithinAsync(pumps, options.LeftoverGrace))
        {
            LogPipesHeld(group.Id);
        }
    }

    private async Task<bool> IsGoneWithinAsync(ProcessGroup group, TimeSpan limit)
    {
        var begin = time.GetTimestamp();
        while (group.Exists())
        {
            if (options.Abort.IsCancellationRequested || time.GetElapsedTime(begin) >= limit)
            {
                return false;
            }

            await Task.Delay(Poll, time, CancellationToken.None);
        }

        return true;
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, time, options.Abort);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task PumpAsync(Stream pipe, IByteSink sink, CancellationToken abandon)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await pipe.ReadAsync(buffer, abandon)) > 0)
            {
                sink.Append(buffer.AsSpan(0, read));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Given up: what came so far is the output.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ProcessEnd Describe(int code, StarterWatch starter, ProcessRequest request) =>
        code is NotExecutable or NotFound && starter.Complaint is { } complaint
            ? new ProcessEnd.NotStarted($"The program '{request.Executable}' could not be started: {complaint}")
        : ProcessGroup.SignalOf(code) is { } signal ? new ProcessEnd.Signalled(signal, code)
        : new ProcessEnd.Exited(code);

    // Remembers the beginning of standard error, where the starter would complain.
    private sealed class StarterWatch(IByteSink next) : IByteSink
    {
        private readonly byte[] _begin = new byte[512];
        private int _length;

        internal string? Complaint => _begin.AsSpan(0, _length).StartsWith("periplon-start:"u8)
            ? System.Text.Encoding.UTF8.GetString(_begin, 0, _length)[(Starter.Length + 1)..].Trim()
            : null;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            var part = bytes[..Math.Min(bytes.Length, _begin.Length - _length)];
            part.CopyTo(_begin.AsSpan(_length));
            _length += part.Length;
            next.Append(bytes);
        }
    }
}
