using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Periplon.Configuration;

namespace Periplon.Commands;

/// <summary><c>periplon migrate up|down|status</c>.</summary>
internal static class MigrateCommand
{
    public static Command Create(CommandShell shell, Func<PeriplonConfig, string, IMigrations> open)
    {
        var actionArgument =
            new Argument<string?>("action") { Arity = ArgumentArity.ZeroOrOne, Description = "up, down or status (default: up)" };
        actionArgument.AcceptOnlyFromAmong("up", "down", "status");
        var actionOption = new Option<string?>("--action") { Description = "The same, as an option" };
        actionOption.AcceptOnlyFromAmong("up", "down", "status");
        var steps =
            new Option<int>("--steps") { Description = "How many migrations 'down' reverts", DefaultValueFactory = _ => 1, HelpName = "N" };
        var file = CommonOptions.ConfigFile();
        var dataDir = CommonOptions.DataDir();
        var json = CommonOptions.Json();
        var command = new Command("migrate", "Bring the database's schema up or down, or show how it stands")
        {
            actionArgument, actionOption, steps, file, dataDir, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var action = parsed.GetValue(actionArgument) ?? parsed.GetValue(actionOption) ?? "up";
            if (parsed.GetValue(steps) < 1)
            {
                throw new CommandException($"--steps must be at least 1, found {parsed.GetValue(steps)}", exitCode: ExitCode.Usage);
            }

            var config = shell.LoadConfig(
                parsed.GetValue(file), ServerCommand.Argument("server.data_dir", parsed.GetValue(dataDir), "--data-dir")).Config!;
            await using var migrations = open(config, shell.Directory);
            var lines = action switch
            {
                "down" => await migrations.DownAsync(parsed.GetValue(steps), cancellationToken),
                "status" => await migrations.StatusAsync(cancellationToken),
                _ => await migrations.UpAsync(cancellationToken),
            };
            Write(shell, action, lines, parsed.GetValue(json));
            return action == "status" && lines.Any(line => line.State is "changed" or "unknown") ? ExitCode.Failure : ExitCode.Ok;
        });
        return command;
    }

    private static void Write(CommandShell shell, string action, IReadOnlyList<MigrationLine> lines, bool json)
    {
        if (json)
        {
            shell.WriteJson(new JsonObject
            {
                ["action"] = action,
                ["migrations"] = new JsonArray([.. lines.Select(line => (JsonNode)new JsonObject
                {
                    ["number"] = line.Number, ["name"] = line.Name, ["state"] = line.State, ["applied_at"] = line.AppliedAt,
                })]),
            });
        }
        else if (lines.Count == 0)
        {
            shell.Out.WriteLine(action == "down" ? "No migration is applied." : "The schema is up to date.");
        }
        else
        {
            shell.WriteTable(
                ["number", "name", "state", "applied at"],
                lines.Select(line => (IReadOnlyList<string>)
                [
                    line.Number.ToString("D3", CultureInfo.InvariantCulture), line.Name,
                    action == "down" ? "reverted" : line.State,
                    line.AppliedAt is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "",
                ]));
        }
    }
}
