namespace Periplon.Commands;

/// <summary>What the program returns to its caller.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failure = 1;
    public const int Usage = 2;

    /// <summary><c>EX_CONFIG</c> of sysexits.h: a supervisor need not try again.</summary>
    public const int Configuration = 78;

    /// <summary>Ended by Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends a command with messages for a person; the first is the error, the others say more.</summary>
internal sealed class CommandException(string message, IReadOnlyList<string>? details = null, int exitCode = ExitCode.Failure)
    : Exception(message)
{
    public IReadOnlyList<string> Details { get; } = details ?? [];
    public int ExitCode { get; } = exitCode;
}
