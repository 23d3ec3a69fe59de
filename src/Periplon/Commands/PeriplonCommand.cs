using System.CommandLine.Help;
using System.CommandLine;
using Periplon.Configuration;
using Periplon.Core.Names;

namespace Periplon.Commands;

/// <summary>The tree of commands, and the way from arguments to an exit code.</summary>
internal static class PeriplonCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandShell shell, CommandModes modes)
    {
        // An argument such as @daily is what it says, and no file with arguments.
        var parsed = Build(shell, modes).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not (HelpAction or null))
        {
            WriteUsage(parsed, shell);
            return ExitCode.Usage;
        }

        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = shell.Out,
                Error = shell.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // The shell's tokens carry the signals; a server drains longer than any fixed time.
            };
            return await parsed.InvokeAsync(invocation, shell.Cancel);
        }
        catch (CommandException exception)
        {
            shell.WriteError(exception.Message, exception.Details);
            return exception.ExitCode;
        }
        catch (OperationCanceledException) when (shell.Cancel.IsCancellationRequested)
        {
            shell.WriteError("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            shell.WriteError(exception.Message);
            return ExitCode.Failure;
        }
    }

    private static RootCommand Build(CommandShell shell, CommandModes modes)
    {
        var root = new RootCommand("Periplon runs workflows: on this machine at once, or on a cluster.");
        Command?[] commands =
        [
            modes is { LocalRunner: { } runner, Check: { } check } ? RunCommand.Create(shell, check, modes.Resolve, runner) : null,
            modes.Check is { } checker ? ValidateCommand.Create(shell, checker, modes.Resolve) : null,
            modes.Check is { } drawn ? GraphCommand.Create(shell, drawn, modes.Resolve) : null,
            LocalStateCommands.CreateList(shell),
            LocalStateCommands.CreateStatus(shell),
            CleanCommand.Create(shell),
            TemplateCommand.Create(shell),
            modes.Schema is { } schema ? SchemaCommand.Create(shell, schema) : null,
            modes.Server is { } server ? ServerCommand.Create(shell, server) : null,
            modes.Worker is { } worker ? WorkerCommand.Create(shell, worker) : null,
            modes.Migrations is { } migrations ? MigrateCommand.Create(shell, migrations) : null,
            modes.Doctor is { } doctor ? DoctorCommand.Create(shell, doctor) : null,
            ConfigCommand.Create(shell),
            GroupCommand.Create(shell),
            WorkflowsCommand.Create(shell, modes.Check),
            StartCommand.Create(shell),
            ExecutionsCommand.Create(shell),
            ExecutionsCommand.Cancel(shell),
            PauseCommand.Pause(shell),
            PauseCommand.Resume(shell),
            RetryCommand.Create(shell),
            SkipCommand.Create(shell),
            WhyCommand.Create(shell),
            SignalCommand.Create(shell),
            DecideCommand.Approve(shell),
            DecideCommand.Reject(shell),
            ScheduleCommand.Create(shell),
            TriggerCommand.Create(shell),
            BulkCommand.Create(shell),
            BulkCommand.Operations(shell),
            QueueCommand.Create(shell),
            VersionCommand.Create(shell),
        ];
        foreach (var command in commands.OfType<Command>())
        {
            root.Add(command);
        }

        return root;
    }

    private static void WriteUsage(ParseResult parsed, CommandShell shell)
    {
        var command = parsed.CommandResult.Command;
        // After a wrong command its arguments are unknown too, which says nothing more.
        var unknown = parsed.UnmatchedTokens.Take(command.Subcommands.Count > 0 ? 1 : int.MaxValue)
            .Select(token => Unknown(token, command)).ToArray();
        // An unknown word also makes the parser complain about what it would have been; one message for one mistake.
        string[] messages = unknown.Length > 0 ? unknown : [.. parsed.Errors.Select(error => Reworded(error.Message, command)).Distinct()];
        foreach (var message in messages)
        {
            shell.WriteError(message);
        }

        shell.Error.WriteLine($"Run '{NameOf(parsed)} --help' for what is allowed.");
    }

    private static string Unknown(string token, Command command)
    {
        var isOption = token.StartsWith('-');
        var candidates = isOption
            ? command.Options.SelectMany(option => option.Aliases.Append(option.Name)).Where(
                name => name.StartsWith("--", StringComparison.Ordinal))
            : command.Subcommands.Select(child => child.Name);
        var what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"'{NameOf(command)}' has no {what} '{token}'"
            + (NearestName.Find(token, candidates) is { } nearest ? $"; did you mean '{nearest}'?" : "");
    }

    // The parser's own texts name .NET types and spread lists over lines.
    private static string Reworded(string message, Command command) => message switch
    {
        _ when message.StartsWith("Required command", StringComparison.Ordinal) =>
            $"'{NameOf(command)}' needs a command: {string.Join(", ", command.Subcommands.Select(child => child.Name))}",
        _ => message.TrimEnd('.', '\n', '\r')
            .ReplaceLineEndings("")
            .Replace("of:\t", "of ", StringComparison.Ordinal)
            .Replace("'\t'", "', '", StringComparison.Ordinal)
            .Replace("as expected type 'System.Int32'", "as a whole number", StringComparison.Ordinal)
            .Replace("as expected type 'System.Nullable`1[System.Int32]'", "as a whole number", StringComparison.Ordinal),
    };

    // The parser names the root after the process, which may be a test runner or a host of another name.
    private static string NameOf(Command command) => command is RootCommand ? "periplon" : command.Name;

    private static string NameOf(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "periplon" : "periplon " + string.Join(' ', Names(parsed.CommandResult).Reverse());

    private static IEnumerable<string> Names(System.CommandLine.Parsing.SymbolResult? result)
    {
        for (; result is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } command; result = result.Parent)
        {
            yield return command.Command.Name;
        }
    }
}
