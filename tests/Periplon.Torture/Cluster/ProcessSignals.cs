using System.Globalization;
using System.Runtime.InteropServices;

namespace Periplon.Torture.Cluster;

/// <summary>Signals to processes, and who descends from whom.</summary>
internal static partial class ProcessSignals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;
    public const int Quit = 3;

    /// <summary>Sends a signal; false when the process is gone.</summary>
    public static bool Send(int process, int signal) => Native(process, signal) == 0;

    /// <summary>Sends a signal to a process and then to all that descend from it.</summary>
    public static void SendToTree(int process, int signal)
    {
        Send(process, signal);
        foreach (var descendant in Descendants(process))
        {
            Send(descendant, signal);
        }
    }

    /// <summary>All processes that descend from one.</summary>
    public static List<int> Descendants(int process)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
            .Where(id => id > 0)
            .ToLookup(ParentOf);
        var found = new List<int>();
        var open = new Queue<int>([process]);
        while (open.TryDequeue(out var next))
        {
            foreach (var child in children[next])
            {
                found.Add(child);
                open.Enqueue(child);
            }
        }

        return found;
    }

    /// <summary>Ticks of processor time of a process and of the children that it has seen end.</summary>
    public static long TicksOf(int process) =>
        StatOf(process) is { Length: > 14 } fields ? fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) : 0;

    private static int ParentOf(int process) =>
        StatOf(process) is { Length: > 1 } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0;

    // The name in parentheses may hold anything; the fields after it begin with the state.
    private static string[] StatOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Native(int process, int signal);
}
