using System.Globalization;

namespace Periplon.Hosting;

/// <summary>
/// Makes sure that one process alone uses a data directory: the embedded database has one writer, and membership left by a process that was
/// killed can be forgotten at once.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or says who has it.</summary>
    public static DataDirectoryLock? TryTake(string directory, out string problem)
    {
        problem = "";
        Directory.CreateDirectory(directory);
        var holder = Path.Combine(directory, "periplon.pid");
        if (FileLock.TryTake(Path.Combine(directory, "periplon.lock")) is not { } file)
        {
            problem =
                $"Another process uses the data directory {directory}{Holder(holder)}. Stop it, or name another directory with --data-dir";
            return null;
        }

        // In a file of its own: one that is locked cannot be read by others.
        File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new DataDirectoryLock(file);
    }

    /// <summary>Gives the lock back; the operating system does so too when the process dies.</summary>
    public void Dispose() => _file.Dispose();

    private static string Holder(string path)
    {
        try
        {
            return $" (process {File.ReadAllText(path)})";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
