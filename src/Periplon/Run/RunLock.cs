using Periplon.Hosting;

namespace Periplon.Run;

/// <summary>
/// Shows that a run is under way, as long as its process lives: another process must neither resume it, which would run its tasks twice,
/// nor delete its state.
/// </summary>
internal static class RunLock
{
    /// <summary>Takes the lock of a run.</summary>
    public static FileStream Take(string statePath, Guid execution) =>
        FileLock.TryTake($"{statePath}.{execution:N}.lock", FileOptions.DeleteOnClose)
            ?? throw new LocalRunException("The last run is still under way in another process; wait for its end or stop it");

    /// <summary>Whether any run of this state is under way.</summary>
    public static bool IsAnyHeld(string statePath)
    {
        var folder = Path.GetDirectoryName(statePath)!;
        if (!Directory.Exists(folder))
        {
            return false;
        }

        foreach (var path in Directory.EnumerateFiles(folder, $"{Path.GetFileName(statePath)}.*.lock"))
        {
            // One that a killed process left is free, and goes with this.
            using var free = FileLock.TryTake(path, FileOptions.DeleteOnClose);
            if (free is null)
            {
                return true;
            }
        }

        return false;
    }
}
