using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Reuse;
using Periplon.Engine.Reuse;

namespace Periplon.Commands;

/// <summary><c>periplon group update [REF]</c>.</summary>
internal static class GroupUpdateCommand
{
    private static readonly Dictionary<string, UpdatePolicy> Policies = new(StringComparer.Ordinal)
    {
        ["manual"] = UpdatePolicy.Manual,
        ["patch_only"] = UpdatePolicy.PatchOnly,
        ["minor_and_patch"] = UpdatePolicy.MinorAndPatch,
        ["all"] = UpdatePolicy.All,
    };

    public static Command Create(CommandShell shell)
    {
        var reference = new Argument<string?>("reference")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "The group, as name or name@version (default: all groups of the project)",
        };
        var policy = new Option<string>("--policy")
        {
            Description = "How far to go: manual (only show), patch_only, minor_and_patch or all",
            DefaultValueFactory = _ => "minor_and_patch",
        };
        policy.AcceptOnlyFromAmong([.. Policies.Keys]);
        var force = new Option<bool>("--force", "-f") { Description = "Fetch all git sources, whatever their update_policy says" };
        var path = GroupCommand.PathOption();
        var verbose = CommonOptions.Verbose("Show what stays as it is, and which files could not be read");
        var json = CommonOptions.Json();
        var command = new Command("update", "Bring the groups of this project and their tasks up to date, and lock the tasks anew")
        {
            reference, policy, force, path, verbose, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isVerbose = parsed.GetValue(verbose);
            var isJson = parsed.GetValue(json);
            var library = await GroupCommand.LoadAsync(
                shell, parsed.GetValue(path), parsed.GetValue(force), isVerbose && !isJson, cancellationToken);
            return Update(shell, parsed.GetValue(reference), Policies[parsed.GetRequiredValue(policy)], library, isVerbose, isJson);
        });
        return command;
    }

    private static int Update(
        CommandShell shell, string? text, UpdatePolicy policy, FileLibrary library, bool verbose, bool json)
    {
        var (name, wanted) = text is null ? (null, null)
            : text.Contains('@', StringComparison.Ordinal) && GroupCommand.ParseReference(text) is var reference
                ? (reference.Name, reference.Version)
                : (text, null);
        var installed = GroupUpdater.InstalledIn(shell.Directory).GroupBy(group => group.Name, StringComparer.Ordinal)
            .Select(versions => versions.MaxBy(group => group.Version)!)
            .Where(group => name is null || group.Name == name)
            .ToArray();
        if (name is not null && installed.Length == 0)
        {
            throw new CommandException($"the group '{name}' is not installed in this project");
        }

        var updates = new List<GroupUpdate>();
        foreach (var group in installed)
        {
            var lockfile = ProjectLockfile.Read(shell.Directory);
            var update = GroupUpdater.Plan(group, library, lockfile, policy, wanted);
            updates.Add(update);
            if (policy is not UpdatePolicy.Manual && update.Errors.Count == 0)
            {
                new GroupInstaller(shell.Directory, shell.Time, GroupInstallCommand.Program()).Install(update.Contents, lockfile);
            }
        }

        Report(shell, updates, policy, verbose, json);
        return updates.Any(update => update.Errors.Count > 0) ? ExitCode.Failure : ExitCode.Ok;
    }

    private static void Report(CommandShell shell, List<GroupUpdate> updates, UpdatePolicy policy, bool verbose, bool json)
    {
        var failed = updates.Count(update => update.Errors.Count > 0);
        var changed = updates.Count(update => update.Errors.Count == 0 && update.HasChanges);
        var isManual = policy is UpdatePolicy.Manual;
        var message = (changed == 0
            ? "Everything is up to date"
            : $"{changed} of {updates.Count} groups {(isManual ? "can be" : "were")} updated")
            + (failed == 0 ? "." : $"; {failed} cannot be updated.");
        if (json)
        {
            shell.WriteJson(new JsonObject
            {
                ["success"] = failed == 0,
                ["updated_count"] = isManual ? 0 : changed,
                ["groups"] = new JsonArray([.. updates.Select(update => (JsonNode)new JsonObject
                {
                    ["name"] = update.Group.Name,
                    ["from"] = update.Group.From?.ToString(),
                    ["to"] = update.Group.To.ToString(),
                    ["tasks"] = new JsonArray([.. update.Tasks.Select(task => (JsonNode)new JsonObject
                    {
                        ["name"] = task.Name, ["from"] = task.From?.ToString(), ["to"] = task.To.ToString(),
                    })]),
                    ["errors"] = GroupCommand.Strings(update.Errors),
                })]),
                ["message"] = message,
            });
            return;
        }

        var rows = updates.Where(update => update.Errors.Count == 0).SelectMany(update => new[] { update.Group }.Concat(update.Tasks))
            .Where(change => verbose || change.From != change.To)
            .Select(change => (IReadOnlyList<string>)[change.Name, change.From?.ToString() ?? "", change.To.ToString()])
            .ToArray();
        if (rows.Length > 0)
        {
            shell.WriteTable(["name", "from", "to"], rows);
        }

        shell.Out.WriteLine(message);
        foreach (var update in updates.Where(update => update.Errors.Count > 0))
        {
            shell.WriteError($"the group '{update.Group.Name}' cannot be updated to {update.Group.To}", update.Errors);
        }
    }
}
