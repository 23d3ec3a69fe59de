using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// Kills the processes of a worker that dies without a word (<c>kill -9</c>, out of memory). A small shell, in a session of its own, reads
/// from a pipe which process groups live; the end of the pipe is the worker's death, however it came about, and then it kills them.
/// </summary>
internal sealed partial class ProcessWatchdog(ILogger<ProcessWatchdog> logger) : IDisposable
{
    // Marks are "{worker}.{number}"; the shell finds by the first half what escaped from the groups.
    private readonly string _worker = Guid.NewGuid().ToString("N");
    private readonly HashSet<int> _groups = [];
    private readonly Lock _lock = new();
    private Process? _shell;
    private Stream? _pipe;
    private long _starts;
    private bool _disposed;

    private const string Script = """
        trap '' HUP INT QUIT TERM PIPE
        exec >/dev/null 2>&1
        groups=' '
        while IFS= read -r line; do
          group=${line#?}
          case $line in
            +*) groups="$groups$group " ;;
            -*) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;
          esac
        done
        [ "$groups" = ' ' ] && exit 0
        for group in $groups; do kill -TERM -- "-$group"; done
        sleep 1
        for group in $groups; do kill -KILL -- "-$group"; done
        for file in $(grep -ls "$1=$2[.]" /proc/[0-9]*/environ); do
          process=${file#/proc/}
          kill -KILL "${process%/environ}"
        done
        """;

    /// <summary>A mark for the next process.</summary>
    internal string NextMark() => string.Create(CultureInfo.InvariantCulture, $"{_worker}.{Interlocked.Increment(ref _starts)}");

    /// <summary>Makes a group die with this process. Called before the group's first process may do anything.</summary>
    internal void Register(ProcessGroup group) => Tell('+', group);

    /// <summary>Forgets a group, because it is gone.</summary>
    internal void Unregister(ProcessGroup group) => Tell('-', group);

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Close();
        }
    }

    private void Tell(char sign, ProcessGroup group)
    {
        lock (_lock)
        {
            if (_disposed || !(sign is '+' ? _groups.Add(group.Id) : _groups.Remove(group.Id)))
            {
                return;
            }

            try
            {
                if (_pipe is null)
                {
                    Start();
                }
                else
                {
                    Write(sign, group.Id);
                }
            }
            catch (IOException)
            {
                // Somebody killed the watchdog: a new one learns all groups.
                LogRestart(_groups.Count);
                Close();
                Start();
            }
        }
    }

    private void Start()
    {
        var start = SessionStart.Prepare("/bin/sh", ["-c", Script, "periplon-watchdog", EscapedProcesses.Variable, _worker]);
        start.RedirectStandardInput = true;
        start.WorkingDirectory = "/";
        _shell = Process.Start(start)!;
        _pipe = _shell.StandardInput.BaseStream;
        foreach (var group in _groups)
        {
            Write('+', group);
        }
    }

    private void Write(char sign, int group)
    {
        _pipe!.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sign}{group}\n")));
        _pipe.Flush();
    }

    private void Close()
    {
        try
        {
            _pipe?.Dispose();
        }
        catch (IOException)
        {
            // A pipe that nobody reads any more is closed all the same.
        }

        _shell?.Dispose();
        (_pipe, _shell) = (null, null);
    }

    [LoggerMessage(LogLevel.Warning, "The process watchdog was gone; a new one watches {Groups} process groups")]
    private partial void LogRestart(int groups);
}
