using System.CommandLine;
using Periplon.Configuration;

namespace Periplon.Commands;

/// <summary>Options that several commands share, and what they mean.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json", "-j") { Description = "Print JSON for programs" };

    public static Option<bool> Verbose(string what) => new("--verbose", "-v") { Description = what };

    public static Option<string?> ConfigFile() => new("--config", "-c")
    {
        Description = $"Configuration file (default: {ConfigSources.DefaultFile} in the working directory, when there is one)",
        HelpName = "FILE",
    };

    public static Option<string?> DataDir() => new("--data-dir") { Description = "Directory for data (server.data_dir)", HelpName = "DIR" };

    public static Option<string?> ModelScript() => new("--ai-script")
    {
        Description = "Answer every prompt of agents and models from this file (ai.script)", HelpName = "FILE",
    };

    public static Option<string[]> Inputs() => new("--input", "-i")
    {
        Description = "Value of a workflow input; may be repeated",
        HelpName = "KEY=VALUE",
    };

    /// <summary>Reads <c>key=value</c> pairs; the last of a key wins.</summary>
    public static IReadOnlyDictionary<string, string> ReadInputs(IEnumerable<string>? pairs)
    {
        var inputs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs ?? [])
        {
            var cut = pair.IndexOf('=', StringComparison.Ordinal);
            if (cut < 1)
            {
                throw new CommandException($"--input '{pair}' is not KEY=VALUE", exitCode: ExitCode.Usage);
            }

            inputs[pair[..cut]] = pair[(cut + 1)..];
        }

        return inputs;
    }

    /// <summary>Reads the configuration, or ends the command with every mistake and code 78.</summary>
    public static ConfigResult LoadConfig(this CommandShell shell, string? file, params IEnumerable<ConfigArgument> arguments)
    {
        var result = ConfigLoader.Load(
            new ConfigSources { File = file, Directory = shell.Directory, Variables = shell.Variables, Arguments = [.. arguments] });
        if (result.Config is not null)
        {
            return result;
        }

        var count = result.Problems.Count;
        throw new CommandException(
            $"the configuration has {(count == 1 ? "a mistake" : $"{count} mistakes")}" + (result.File is null ? "" : $" ({result.File})"),
            [.. result.Problems.Select(problem => problem.ToString())],
            ExitCode.Configuration);
    }
}
