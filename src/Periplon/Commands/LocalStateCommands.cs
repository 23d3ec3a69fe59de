using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Names;
using Periplon.Run;

namespace Periplon.Commands;

/// <summary><c>periplon list</c> and <c>periplon status NAME</c>: the runs that <c>periplon run</c> has kept here.</summary>
internal static class LocalStateCommands
{
    /// <summary>Where <c>run</c> keeps its state unless told otherwise, below the working directory.</summary>
    public const string DefaultDirectory = ".workflow_states";

    public static Option<string?> StateDirectory() => new("--state-dir", "-s")
    {
        Description = $"Directory of saved state (default: {DefaultDirectory})", HelpName = "DIR",
    };

    public static Command CreateList(CommandShell shell)
    {
        var directory = StateDirectory();
        var json = CommonOptions.Json();
        var all = new Option<bool>("--all", "-a") { Description = "List every run, not only the last of each workflow" };
        var command = new Command("list", "List the runs that are kept here") { directory, all, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = PathOf(shell, parsed.GetValue(directory));
            var states = await new LocalStates(path).ListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                shell.WriteJson(new JsonObject
                {
                    ["state_dir"] = path,
                    ["workflows"] = new JsonArray([.. states.Select(state => (JsonNode)LocalStateReport.ToListItem(state))]),
                    ["total"] = states.Count,
                });
                return ExitCode.Ok;
            }

            if (states.Count == 0)
            {
                shell.Out.WriteLine($"No runs are kept in {path}");
                return ExitCode.Ok;
            }

            LocalStateReport.WriteList(shell, states, parsed.GetValue(all));
            foreach (var bad in states.Where(state => state.Problem is not null))
            {
                shell.WriteError($"{bad.Path} {bad.Problem}");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    public static Command CreateStatus(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "Name of the workflow" };
        var directory = StateDirectory();
        var json = CommonOptions.Json();
        var verbose = CommonOptions.Verbose("Show every task, also iterations that completed");
        var execution = new Option<Guid?>("--execution", "-e") { Description = "An earlier run instead of the last", HelpName = "ID" };
        var command = new Command("status", "Show a run that is kept here") { name, directory, execution, verbose, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var path = PathOf(shell, parsed.GetValue(directory));
                var state = await FindAsync(path, parsed.GetRequiredValue(name), parsed.GetValue(execution), cancellationToken);
                if (parsed.GetValue(json))
                {
                    shell.WriteJson(LocalStateReport.ToJson(state, shell.Time.GetUtcNow()));
                }
                else
                {
                    LocalStateReport.Write(shell, state, parsed.GetValue(verbose));
                }

                return ExitCode.Ok;
            }
            catch (CommandException exception) when (parsed.GetValue(json))
            {
                shell.WriteJson(new JsonObject { ["error"] = exception.Message });
                return exception.ExitCode;
            }
        });
        return command;
    }

    public static string PathOf(CommandShell shell, string? directory) => shell.PathOf(directory ?? DefaultDirectory);

    /// <summary>The message for a name that nothing is kept of.</summary>
    public static async Task<string> UnknownAsync(string directory, string name, CancellationToken cancellationToken)
    {
        var states = await new LocalStates(directory).ListAsync(cancellationToken);
        var suggestion = NearestName.Find(name, states.Select(state => state.Name)) is { } nearest ? $"; did you mean '{nearest}'?" : "";
        return $"no run of workflow '{name}' is kept in {directory}{suggestion}";
    }

    private static async Task<LocalState> FindAsync(string directory, string name, Guid? execution, CancellationToken cancellationToken)
    {
        var state = await new LocalStates(directory).FindAsync(name, execution, cancellationToken)
            ?? throw new CommandException(await UnknownAsync(directory, name, cancellationToken));
        if (state.Problem is { } problem)
        {
            throw new CommandException($"{state.Path} {problem}; 'periplon clean {name}' deletes it");
        }

        return state.View is not null
            ? state
            : throw new CommandException(execution is null
                ? $"no run of workflow '{name}' is kept in {directory}"
                : $"workflow '{name}' has no run {execution} in {directory}; 'periplon status {name}' lists its runs");
    }
}
