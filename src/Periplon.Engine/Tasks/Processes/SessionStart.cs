using System.Diagnostics;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// Starts a program as the leader of a session and process group of its own. The runtime cannot do that itself, so <c>setsid</c> stands in
/// front (it replaces itself: the process id stays), or perl where there is no <c>setsid</c> program, as on macOS.
/// </summary>
internal static class SessionStart
{
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
        return OperatingSystem.IsWindows() ? null
            : ExecutableFinder.Find("setsid", path, "/", out _) is { } setsid ? [setsid]
            : ExecutableFinder.Find("perl", path, "/", out _) is { } perl ? [perl, "-e", "use POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV"]
            : null;
    }
}
