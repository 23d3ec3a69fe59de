using System.Runtime.InteropServices;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// The processes of one attempt: a session, and in it a process group, whose id is the process id of its first process. The kernel does
/// not reuse the id while one member lives; signals go out only while that is so or right after.
/// </summary>
internal readonly record struct ProcessGroup(int Id)
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    // Signals that end a process unless it handles them. A shell reports them as 128 + number, and so does the runtime, hence an exit
    // code of 137 that a program chose itself cannot be told from SIGKILL.
    private static readonly Dictionary<int, string> Names = new()
    {
        [1] = "SIGHUP", [2] = "SIGINT", [3] = "SIGQUIT", [4] = "SIGILL", [5] = "SIGTRAP", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE",
        [9] = "SIGKILL", [10] = "SIGUSR1", [11] = "SIGSEGV", [12] = "SIGUSR2", [13] = "SIGPIPE", [14] = "SIGALRM", [15] = "SIGTERM",
        [24] = "SIGXCPU", [25] = "SIGXFSZ", [31] = "SIGSYS",
    };

    /// <summary>Whether a member is left.</summary>
    internal bool Exists() => NativeMethods.Kill(-Id, 0) is 0;

    /// <summary>Asks all members to end.</summary>
    internal void Terminate() => _ = NativeMethods.Kill(-Id, SigTerm);

    /// <summary>Ends all members.</summary>
    internal void Kill() => _ = NativeMethods.Kill(-Id, SigKill);

    /// <summary>Ends one process, whatever its group.</summary>
    internal static void KillProcess(int processId) => _ = NativeMethods.Kill(processId, SigKill);

    /// <summary>Name of the signal behind an exit code; null when it is an ordinary one.</summary>
    internal static string? SignalOf(int exitCode) => Names.GetValueOrDefault(exitCode - 128);

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Kill(int processId, int signal);
    }
}
