namespace Periplon.Engine.Tasks.Outputs;

/// <summary>A directory that one attempt has for itself and that no other user can read; it is gone after the attempt.</summary>
internal sealed class AttemptFiles(TaskOptions options) : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Lock _lock = new();
    private string? _directory;

    /// <summary>Path of a file in the directory, which is made on first use.</summary>
    internal string PathOf(string name)
    {
        lock (_lock)
        {
            if (_directory is null)
            {
                var directory = Path.Combine(Path.GetFullPath(options.WorkRoot), ".attempts", Guid.NewGuid().ToString("N"));
                if (OperatingSystem.IsWindows())
                {
                    Directory.CreateDirectory(directory);
                }
                else
                {
                    Directory.CreateDirectory(directory, OwnerOnly);
                }

                _directory = directory;
            }

            return Path.Combine(_directory, name);
        }
    }

    public void Dispose()
    {
        if (_directory is not null)
        {
            DirectoryRemoval.TryRemove(_directory, out _);
        }
    }
}
