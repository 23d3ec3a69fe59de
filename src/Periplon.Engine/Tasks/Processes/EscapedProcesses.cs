using System.Globalization;
using System.Text;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// Processes that left their group (<c>setsid</c>, daemons) still carry the variable their attempt was started with. Reading the
/// environment of every process costs some milliseconds, so this is done only after a cancel, a timeout, or when somebody outside the
/// group holds the pipes. A daemon that closed its pipes and outlives an attempt that ended well is left alone, as on any machine.
/// Becoming the reaper of all descendants (PR_SET_CHILD_SUBREAPER) was not chosen: it is a setting of the whole process, and the runtime
/// would not reap what it did not start.
/// </summary>
internal static class EscapedProcesses
{
    /// <summary>Variable that marks the processes of one start: worker, a dot, number of the start.</summary>
    internal const string Variable = "PERIPLON_PROCESS_MARK";

    // Between finding a process and killing it, it may have started another; three rounds end everything that does not race on purpose.
    private const int Rounds = 3;

    /// <summary>Kills what carries a mark and returns how many processes that were.</summary>
    internal static int Kill(string mark)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        var killed = 0;
        var needle = Encoding.UTF8.GetBytes($"{Variable}={mark}\0");
        for (var round = 0; round < Rounds; round++)
        {
            var found = Find(needle);
            if (found.Count is 0)
            {
                break;
            }

            killed += found.Count;
            found.ForEach(ProcessGroup.KillProcess);
        }

        return killed;
    }

    private static List<int> Find(byte[] needle)
    {
        List<int> found = [];
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId && Carries(directory, needle))
            {
                found.Add(id);
            }
        }

        return found;
    }

    private static bool Carries(string directory, byte[] needle)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(directory, "environ")).AsSpan().IndexOf(needle) >= 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or belongs to somebody else and so is not ours.
            return false;
        }
    }
}
