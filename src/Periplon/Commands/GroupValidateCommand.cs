using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Reuse;
using Periplon.Engine.Reuse;

namespace Periplon.Commands;

/// <summary><c>periplon group validate FILE</c>.</summary>
internal static class GroupValidateCommand
{
    public static Command Create(CommandShell shell)
    {
        var file = new Argument<string>("file") { Description = "Group file (*.taskgroup.yaml)" };
        var verbose = CommonOptions.Verbose("List the tasks, and files that could not be read");
        var json = CommonOptions.Json();
        var command = new Command("validate", "Check a group file, and whether its tasks are found") { file, verbose, json };
        command.SetAction((parsed, cancellationToken) => ValidateAsync(
            shell, parsed.GetRequiredValue(file), parsed.GetValue(verbose), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> ValidateAsync(
        CommandShell shell, string file, bool verbose, bool json, CancellationToken cancellationToken)
    {
        var path = shell.PathOf(file);
        if (!File.Exists(path))
        {
            throw new CommandException($"there is no file {path}");
        }

        var text = await File.ReadAllTextAsync(path, cancellationToken);
        var parsed = ManifestParser.ParseGroup(text);
        var findings = parsed.Diagnostics.Select(found => found.ToString()).ToList();
        if (parsed.Value is not { } manifest)
        {
            return Report(shell, file, null, [], findings, verbose, json);
        }

        var group = new LibraryGroup(manifest, text, new LibraryOrigin(path));
        var library = await GroupCommand.LoadAsync(shell, Path.GetDirectoryName(path), refresh: false, verbose && !json, cancellationToken);
        library.Add(group);
        var contents = PredefinedTasks.Resolve(group, library);
        var errors = GroupCommand.Errors(contents).ToList();
        if (ProjectLockfile.Read(shell.Directory) is { } lockfile)
        {
            // What is not locked yet will be, when the group is installed.
            var locked = contents.Tasks.Where(task => lockfile.Tasks.ContainsKey(task.Name)).ToArray();
            errors.AddRange(LockComparison.Compare(lockfile, locked)
                .Where(difference => locked.Any(task => task.Name == difference.Name))
                .Select(difference => difference.Message));
        }

        var tasks = manifest.Tasks.Select(task => (task, IsFound: contents.Tasks.Any(found => found.Name == task.Name))).ToArray();
        return Report(shell, file, manifest, tasks, errors, verbose, json);
    }

    private static int Report(
        CommandShell shell,
        string file,
        TaskGroupManifest? manifest,
        (GroupTask Task, bool IsFound)[] tasks,
        List<string> errors,
        bool verbose,
        bool json)
    {
        var isValid = manifest is not null && errors.Count == 0;
        if (json)
        {
            var result = new JsonObject
            {
                ["valid"] = isValid,
                ["group_name"] = manifest?.Metadata.Name,
                ["group_version"] = manifest?.Metadata.Version.ToString(),
                ["tasks_count"] = tasks.Length,
            };
            if (verbose)
            {
                result["tasks"] = new JsonArray([.. tasks.Select(each => (JsonNode)new JsonObject
                {
                    ["name"] = each.Task.Name,
                    ["version"] = each.Task.Version.Text,
                    ["required"] = each.Task.IsRequired,
                    ["found"] = each.IsFound,
                })]);
            }

            result["errors"] = GroupCommand.Strings(errors);
            shell.WriteJson(result);
            return isValid ? ExitCode.Ok : ExitCode.Failure;
        }

        if (verbose && tasks.Length > 0)
        {
            shell.WriteTable(["task", "version", "required", "found"], tasks.Select(each => (IReadOnlyList<string>)
                [each.Task.Name, each.Task.Version.Text, each.Task.IsRequired ? "yes" : "no", each.IsFound ? "yes" : "no"]));
        }

        if (!isValid)
        {
            shell.WriteError($"{file} is not valid", errors);
            return ExitCode.Failure;
        }

        shell.Out.WriteLine(
            $"{file} is valid: {manifest!.Metadata.Reference}, {tasks.Count(each => each.IsFound)} of {tasks.Length} tasks found");
        return ExitCode.Ok;
    }
}
