namespace Periplon.Engine.Tasks.Processes;

/// <summary>Finds programs the way a shell does, so that a program that is missing is known before anything is started.</summary>
internal static class ExecutableFinder
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The absolute path of a program, or null with the reason.</summary>
    internal static string? Find(string executable, string? path, string directory, out string? problem)
    {
        problem = null;
        if (executable.Length is 0)
        {
            problem = "The name of the program is empty";
            return null;
        }

        if (executable.Contains('/'))
        {
            var full = Path.GetFullPath(executable, directory);
            problem = Examine(full) switch
            {
                Finding.Missing => $"The program '{executable}' does not exist (looked for {full})",
                Finding.NotExecutable => $"The file {full} is not executable; 'chmod +x' it, or run it through its interpreter",
                _ => null,
            };
            return problem is null ? full : null;
        }

        var places = (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var place in places)
        {
            var full = Path.GetFullPath(Path.Combine(place, executable), directory);
            if (Examine(full) is Finding.Executable)
            {
                return full;
            }
        }

        var looked = places.Length is 0 ? "which is empty" : string.Join(", ", places);
        problem = $"The program '{executable}' was not found on PATH ({looked})";
        return null;
    }

    private static Finding Examine(string path) =>
        !File.Exists(path) ? Finding.Missing
        : OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) is not 0 ? Finding.Executable
        : Finding.NotExecutable;

    private enum Finding { Missing, NotExecutable, Executable }
}
