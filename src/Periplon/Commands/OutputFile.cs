using System.CommandLine;

namespace Periplon.Commands;

/// <summary>Text that a command prints or, with <c>--output</c>, writes to a file.</summary>
internal static class OutputFile
{
    public static Option<string?> Option(string what) =>
        new("--output", "-o") { Description = $"File to write the {what} to", HelpName = "FILE" };

    public static async Task<int> WriteAsync(CommandShell shell, string? file, string text, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            await shell.Out.WriteLineAsync(text.TrimEnd('\n').AsMemory(), cancellationToken);
            return ExitCode.Ok;
        }

        var path = shell.PathOf(file);
        if (File.Exists(path))
        {
            throw new CommandException($"{path} exists already; remove it or name another file");
        }

        await File.WriteAllTextAsync(path, text.EndsWith('\n') ? text : text + "\n", cancellationToken);
        await shell.Out.WriteLineAsync($"Wrote {path}");
        return ExitCode.Ok;
    }
}
