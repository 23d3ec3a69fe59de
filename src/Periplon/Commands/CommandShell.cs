using System.Collections;

namespace Periplon.Commands;

/// <summary>What a command sees of the process; tests hand in their own.</summary>
internal sealed record CommandShell
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    public required IReadOnlyDictionary<string, string> Variables { get; init; }
    public required string Directory { get; init; }
    public required TimeProvider Time { get; init; }

    /// <summary>Where a person types answers; null when there is nobody to ask.</summary>
    public TextReader? In { get; init; }

    /// <summary>Whether a person reads the output on a terminal that understands colours and cursor movements.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>The same of the errors' writer.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Whether a person can answer a question.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Opens standard input; empty when there is none.</summary>
    public Func<Stream> OpenInput { get; init; } = static () => Stream.Null;

    /// <summary>Fires at the first Ctrl-C or termination signal.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>Fires at the second: stop at once, whatever is under way.</summary>
    public CancellationToken Abort { get; init; }

    /// <summary>A shell whose output goes where the errors go.</summary>
    public CommandShell ForErrors() => this with { Out = Error, IsTerminal = IsErrorTerminal };

    /// <summary>An absolute path for one given by a person.</summary>
    public string PathOf(string path) => Path.GetFullPath(path, Directory);

    public static CommandShell OfProcess(CancellationToken cancel, CancellationToken abort)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        var plain = variables.GetValueOrDefault("NO_COLOR") is { Length: > 0 } || variables.GetValueOrDefault("TERM") == "dumb";
        return new CommandShell
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.IsInputRedirected || Console.IsErrorRedirected ? null : Console.In,
            Variables = variables,
            Directory = Environment.CurrentDirectory,
            Time = TimeProvider.System,
            IsTerminal = !plain && !Console.IsOutputRedirected,
            IsErrorTerminal = !plain && !Console.IsErrorRedirected,
            IsInteractive = !Console.IsInputRedirected,
            OpenInput = Console.OpenStandardInput,
            Cancel = cancel,
            Abort = abort,
        };
    }
}
