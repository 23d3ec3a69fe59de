using System.CommandLine;
using System.Text;
using Periplon.Run;

namespace Periplon.Commands;

/// <summary><c>periplon clean [NAME]</c>: deletes what is kept of local runs.</summary>
internal static class CleanCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string?>("name")
        {
            Description = "Name of the workflow (default: all)", Arity = ArgumentArity.ZeroOrOne,
        };
        var directory = LocalStateCommands.StateDirectory();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("clean", "Delete the runs that are kept here") { name, directory, yes };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = LocalStateCommands.PathOf(shell, parsed.GetValue(directory));
            var states = await ChooseAsync(path, parsed.GetValue(name), cancellationToken);
            if (states.Count == 0)
            {
                shell.Out.WriteLine($"No runs are kept in {path}");
                return ExitCode.Ok;
            }

            RefuseAlive(states);
            if (!parsed.GetValue(yes) && !Ask(shell, states, path))
            {
                shell.Out.WriteLine("Nothing was deleted");
                return ExitCode.Ok;
            }

            // A run may have begun while the question stood.
            RefuseAlive(states = [.. states.Select(state => state with { IsAlive = RunLock.IsAnyHeld(state.Path) })]);
            foreach (var state in states)
            {
                new LocalStates(path).Delete(state);
            }

            shell.Out.WriteLine($"Deleted {What(states)} from {path}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<IReadOnlyList<LocalState>> ChooseAsync(string directory, string? name, CancellationToken cancellationToken)
    {
        var states = new LocalStates(directory);
        return name is null
            ? await states.ListAsync(cancellationToken)
            : [await states.FindAsync(name, null, cancellationToken)
                ?? throw new CommandException(await LocalStateCommands.UnknownAsync(directory, name, cancellationToken))];
    }

    private static void RefuseAlive(IReadOnlyList<LocalState> states)
    {
        if (states.Where(state => state.IsAlive).Select(state => $"'{state.Name}'").ToArray() is { Length: > 0 } alive)
        {
            throw new CommandException(
                $"a run of {string.Join(", ", alive)} is under way in another process; wait for its end or stop it. Nothing was deleted");
        }
    }

    private static bool Ask(CommandShell shell, IReadOnlyList<LocalState> states, string directory)
    {
        if (!shell.IsInteractive)
        {
            throw new CommandException(
                $"{What(states)} would be deleted from {directory}, and nobody can be asked; say --yes", exitCode: ExitCode.Usage);
        }

        shell.Out.Write($"Delete {What(states)} from {directory}? [y/N] ");
        shell.Out.Flush();
        using var reader = new StreamReader(shell.OpenInput(), Encoding.UTF8);
        return reader.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    private static string What(IReadOnlyList<LocalState> states)
    {
        var runs = Counted.Of(states.Sum(state => state.Runs.Count), "run");
        return states is [var only] ? $"{runs} of '{only.Name}'" : $"{runs} of {Counted.Of(states.Count, "workflow")}";
    }
}
