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
        var path = Path.Combine(directory, "periplon.lock");
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new DataDirectoryLock(file);
        }
        catch (IOException)
        {
            problem = $"Another process uses the data directory {directory}{Holder(path)}. Stop it, or name another directory with --data-dir";
            return null;
        }
    }

    /// <summary>Gives the lock back; the operating system does so too when the process dies.</summary>
    public void Dispose() => _file.Dispose();

    private static string Holder(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return $" (process {reader.ReadToEnd()})";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
