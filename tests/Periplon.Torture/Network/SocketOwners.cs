using System.Globalization;

namespace Periplon.Torture.Network;

/// <summary>Which process a local connection belongs to, as the kernel's tables say.</summary>
internal static class SocketOwners
{
    /// <summary>The process among some that has a connection from a local port to a local port; null when none has.</summary>
    public static int? Find(int fromPort, int toPort, IEnumerable<int> processes)
    {
        var inode = InodeOf(fromPort, toPort);
        if (inode is null)
        {
            return null;
        }

        var link = $"socket:[{inode}]";
        foreach (var process in processes.Where(process => process > 0 && Has(process, link)))
        {
            return process;
        }

        return null;
    }

    private static string? InodeOf(int fromPort, int toPort)
    {
        var from = $":{fromPort.ToString("X4", CultureInfo.InvariantCulture)}";
        var to = $":{toPort.ToString("X4", CultureInfo.InvariantCulture)}";
        foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists))
        {
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                // Number, local address, remote address, state, queues, timer, retransmits, user, timeout, inode.
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9 && fields[9] != "0" && fields[1].EndsWith(from, StringComparison.Ordinal)
                    && fields[2].EndsWith(to, StringComparison.Ordinal))
                {
                    return fields[9];
                }
            }
        }

        return null;
    }

    private static bool Has(int process, string link)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Any(entry => new FileInfo(entry).LinkTarget == link);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
