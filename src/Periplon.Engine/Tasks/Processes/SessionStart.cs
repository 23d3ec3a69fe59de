using System.Diagnostics;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// Starts a program as the leader of a session and process group of its own. The runtime cannot do that itself, so <c>setsid</c> stands in
/// front (it replaces itself: the process id stays). The runtime also ignores SIGPIPE, which children would inherit, and then the left side
/// of <c>yes | head</c> complains instead of ending; a shell cannot undo that, <c>env</c> of GNU can. Where these are missing, as on macOS,
/// perl does both.
/// </summary>
internal static class SessionStart
{
    private const string DefaultPipe = "--default-signal=PIPE";

    private static readonly Lazy<string[]?> Prefix = new(FindPrefix);

    /// <summary>Whether this machine can start sessions.</summary>
    internal static bool IsPossible => Prefix.Value is not null;

    /// <summary>What to start; the program has to be given by its absolute path.</summary>
    internal static ProcessStartInfo Prepare(string program, IReadOnlyList<string> arguments)
    {
        var prefix = Prefix.Value
            ?? throw new PlatformNotSupportedException("Starting processes needs the program 'setsid' (package util-linux) or 'perl'");
        return new ProcessStartInfo(prefix[0], [.. prefix[1..], program, .. arguments]) { UseShellExecute = false };
    }

    private static string[]? FindPrefix()
    {
        var path = Environment.GetEnvironmentVariable("PATH") + ":/usr/bin:/bin";
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var setsid = ExecutableFinder.Find("setsid", path, "/", out _);
        if (setsid is not null && ExecutableFinder.Find("env", path, "/", out _) is { } env && Succeeds(env, DefaultPipe, "true"))
        {
            return [setsid, env, DefaultPipe];
        }

        return ExecutableFinder.Find("perl", path, "/", out _) is { } perl
                ? [perl, "-e", "use POSIX; POSIX::setsid(); $SIG{PIPE} = 'DEFAULT'; exec { $ARGV[0] } @ARGV"]
            : setsid is not null ? [setsid]
            : null;
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode is 0;
    }
}
