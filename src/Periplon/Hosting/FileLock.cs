namespace Periplon.Hosting;

/// <summary>A lock that lasts as long as its process at most.</summary>
internal static class FileLock
{
    /// <summary>Takes the lock; null when another process, or another part of this one, has it.</summary>
    public static FileStream? TryTake(string path, FileOptions options = FileOptions.None)
    {
        try
        {
            // Only FileShare.None locks exclusively on Unix: any other sharing is a shared lock, which everybody gets.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, options);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
