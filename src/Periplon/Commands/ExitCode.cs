namespace Periplon.Commands;

/// <summary>What the program returns to its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done as asked; for <c>run</c>: completed.</summary>
    public const int Ok = 0;

    /// <summary>Not done: a file is missing, cannot be read or is not valid, a run failed, a server refused.</summary>
    public const int Failure = 1;

    /// <summary>The arguments are wrong, or leave a question open that nobody can be asked.</summary>
    public const int Usage = 2;

    /// <summary><c>EX_CONFIG</c> of sysexits.h: a supervisor need not try again.</summary>
    public const int Configuration = 78;

    /// <summary>Ended by Ctrl-C, as shells count it; what <c>run</c> has kept goes on with <c>--resume</c>.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends a command with messages for a person; the first is the error, the others say more.</summary>
internal sealed class CommandException(string message, IReadOnlyList<string>? details = null, int exitCode = ExitCode.Failure)
    : Exception(message)
{
    public IReadOnlyList<string> Details { get; } = details ?? [];
    public int ExitCode { get; } = exitCode;
}
