using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Reuse;
using Periplon.Engine.Reuse;

namespace Periplon.Commands;

/// <summary><c>periplon group install REF</c>.</summary>
internal static class GroupInstallCommand
{
    public static Command Create(CommandShell shell)
    {
        var reference = new Argument<string>("reference") { Description = "The group, as name@version; the version may be a constraint" };
        var path = GroupCommand.PathOption();
        var verbose = CommonOptions.Verbose("Show each file, and which files could not be read");
        var json = CommonOptions.Json();
        var command = new Command("install", "Copy a group and its tasks into this project, and lock the tasks")
        {
            reference, path, verbose, json,
        };
        command.SetAction((parsed, cancellationToken) => InstallAsync(
            shell,
            parsed.GetRequiredValue(reference),
            parsed.GetValue(path),
            parsed.GetValue(verbose),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> InstallAsync(
        CommandShell shell, string text, string? extra, bool verbose, bool json, CancellationToken cancellationToken)
    {
        var reference = GroupCommand.ParseReference(text);
        var lockfile = ProjectLockfile.Read(shell.Directory);
        var library = await GroupCommand.LoadAsync(shell, extra, refresh: false, verbose && !json, cancellationToken);
        var found = library.FindGroups(reference.Name);
        var group = found.Where(each => reference.Version!.Allows(each.Version)).MaxBy(each => each.Version)
            ?? throw new CommandException(
                $"there is no group '{text}'",
                [found.Count == 0 ? "'periplon group list' shows the groups that are found" : $"found are {Versions(found)}"]);
        if (reference.Workflow is { } workflow && group.Manifest.Workflows.All(each => each.Name != workflow))
        {
            throw new CommandException($"the group {group.Manifest.Metadata.Reference} has no workflow '{workflow}'");
        }

        var contents = PredefinedTasks.Resolve(group, library);
        if (GroupCommand.Errors(contents).ToArray() is { Length: > 0 } errors)
        {
            throw new CommandException($"the group {group.Manifest.Metadata.Reference} cannot be installed", errors);
        }

        var files = new GroupInstaller(shell.Directory, shell.Time, Program()).Install(contents, lockfile);
        Report(shell, text, group, contents, files, verbose, json);
        return ExitCode.Ok;
    }

    /// <summary>Name and version of the program, for lockfiles.</summary>
    public static string Program() => $"periplon {typeof(GroupInstallCommand).Assembly.GetName().Version?.ToString(3)}";

    private static void Report(
        CommandShell shell,
        string text,
        LibraryGroup group,
        GroupContents contents,
        IReadOnlyList<InstalledFile> files,
        bool verbose,
        bool json)
    {
        var hooks = contents.Groups.SelectMany(each => Hooks(each.Manifest)).ToArray();
        var changed = files.Count(file => file.State != "unchanged");
        var message = $"Installed {group.Manifest.Metadata.Reference} with {Counted.Of(contents.Tasks.Count, "task")}; "
            + (changed == 0 ? "all files were there already." : $"{changed} files were written.");
        if (json)
        {
            shell.WriteJson(new JsonObject
            {
                ["success"] = true,
                ["group_reference"] = text,
                ["name"] = group.Name,
                ["version"] = group.Version.ToString(),
                ["tasks_count"] = contents.Tasks.Count,
                ["message"] = message,
                ["files"] = new JsonArray([.. files.Select(file => (JsonNode)new JsonObject
                {
                    ["reference"] = file.Reference, ["path"] = file.Path, ["state"] = file.State,
                })]),
                ["lockfile"] = ProjectLockfile.PathIn(shell.Directory),
                ["hooks"] = GroupCommand.Strings(hooks),
            });
            return;
        }

        if (verbose)
        {
            shell.WriteTable(
                ["what", "state", "file"], files.Select(file => (IReadOnlyList<string>)[file.Reference, file.State, file.Path]));
        }

        shell.Out.WriteLine(message);
        if (hooks.Length > 0)
        {
            shell.Out.WriteLine("The group has hooks. They were not run; read them, and run what you want:");
            foreach (var hook in hooks)
            {
                shell.Out.WriteLine("  " + hook);
            }
        }
    }

    private static IEnumerable<string> Hooks(TaskGroupManifest group) =>
        group.Hooks.PostInstall.Select(hook => $"post_install: {Describe(hook)}")
            .Concat(group.Hooks.PreUse.Select(hook => $"pre_use: {Describe(hook)}"))
            .Concat(group.Hooks.PostUninstall.Select(hook => $"post_uninstall: {Describe(hook)}"));

    private static string Describe(GroupHook hook) => hook switch
    {
        GroupHook.Command command => $"run '{command.Text}'" + (command.Cwd is null ? "" : $" in {command.Cwd}"),
        GroupHook.Validate check => $"check '{check.Check}': {check.Text}",
        GroupHook.Message message => $"{message.Level}: {message.Content}",
        _ => hook.ToString()!,
    };

    private static string Versions(IEnumerable<LibraryGroup> groups) =>
        string.Join(", ", groups.Select(group => group.Manifest.Metadata.Reference).Order(StringComparer.Ordinal));
}
