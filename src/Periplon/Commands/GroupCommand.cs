using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;
using Periplon.Engine.Reuse;

namespace Periplon.Commands;

/// <summary><c>periplon group list|install|update|validate</c>.</summary>
internal static class GroupCommand
{
    public static Command Create(CommandShell shell) => new("group", "Find task groups, install them, keep them up to date")
    {
        CreateList(shell),
        GroupInstallCommand.Create(shell),
        GroupUpdateCommand.Create(shell),
        GroupValidateCommand.Create(shell),
    };

    /// <summary>Loads the library of the working directory; what is wrong with files and sources goes to standard error.</summary>
    public static async Task<FileLibrary> LoadAsync(
        CommandShell shell, string? extra, bool refresh, bool verbose, CancellationToken cancellationToken)
    {
        var (library, problems) = await new LibraryLoader(shell.Directory, shell.Variables, shell.Time)
            .LoadAsync(extra, refresh, cancellationToken);
        foreach (var problem in problems.Concat(verbose ? library.Problems : []))
        {
            await shell.Error.WriteLineAsync($"Warning: {problem.Path}: {problem.Message}");
        }

        return library;
    }

    public static TaskReference ParseReference(string text) =>
        TaskReference.TryParse(text, out var reference, out var problem) && reference is { Namespace: null, Version: not null }
            ? reference
            : throw new CommandException(
                $"'{text}' {problem ?? "names a task of a namespace; a group is name@version."}", exitCode: ExitCode.Usage);

    public static Option<string?> PathOption() =>
        new("--path", "-p") { Description = "A further directory to search, with all below it", HelpName = "DIR" };

    public static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    public static IEnumerable<string> Errors(GroupContents contents) =>
        contents.Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error).Select(found => found.Message);

    private static Command CreateList(CommandShell shell)
    {
        var verbose = CommonOptions.Verbose("Show the files, and which could not be read");
        var json = CommonOptions.Json();
        var path = PathOption();
        var command = new Command("list", "List the task groups that are found") { verbose, json, path };
        command.SetAction((parsed, cancellationToken) => ListAsync(
            shell, parsed.GetValue(path), parsed.GetValue(verbose), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> ListAsync(
        CommandShell shell, string? extra, bool verbose, bool json, CancellationToken cancellationToken)
    {
        if (extra is not null && !Directory.Exists(shell.PathOf(extra)))
        {
            throw new CommandException($"there is no directory {shell.PathOf(extra)}");
        }

        var library = await LoadAsync(shell, extra, refresh: false, verbose && !json, cancellationToken);
        var groups = library.Groups.ToArray();
        var broken = library.Problems.Where(problem => problem.Path.EndsWith(".taskgroup.yaml", StringComparison.Ordinal)).ToArray();
        if (json)
        {
            var places = library.Places.Where(place => place.Pattern is null or LibraryPlaces.GroupPattern);
            shell.WriteJson(new JsonObject
            {
                ["search_paths"] = Strings(places.Select(place => place.Path)),
                ["groups"] = new JsonArray([.. groups.Select(ToJson), .. broken.Select(ToJson)]),
                ["total"] = groups.Length,
            });
        }
        else if (groups.Length == 0)
        {
            shell.Out.WriteLine("There are no task groups; they are looked for in .claude/task-groups and .periplon/task-groups.");
        }
        else
        {
            string[] headings = ["group", "tasks", "description"];
            shell.WriteTable(verbose ? [.. headings, "file"] : headings, groups.Select(group => (IReadOnlyList<string>)
            [
                group.Manifest.Metadata.Reference, $"{group.Manifest.Tasks.Count}", group.Manifest.Metadata.Description ?? "",
                .. verbose ? (string[])[group.Origin.Place] : [],
            ]));
        }

        if (!json && !verbose && broken.Length > 0)
        {
            await shell.Error.WriteLineAsync($"Warning: {broken.Length} group files could not be used; --verbose says why");
        }

        return ExitCode.Ok;
    }

    private static JsonNode ToJson(LibraryGroup group) => new JsonObject
    {
        ["name"] = group.Name,
        ["version"] = group.Version.ToString(),
        ["reference"] = group.Manifest.Metadata.Reference,
        ["description"] = group.Manifest.Metadata.Description,
        ["tasks_count"] = group.Manifest.Tasks.Count,
        ["source_path"] = group.Origin.Place,
    };

    private static JsonNode ToJson(LibraryProblem problem) => new JsonObject
    {
        ["name"] = Path.GetFileName(problem.Path).Replace(".taskgroup.yaml", "", StringComparison.Ordinal),
        ["version"] = null,
        ["reference"] = null,
        ["description"] = null,
        ["tasks_count"] = 0,
        ["source_path"] = problem.Path,
        ["error"] = problem.Message,
    };
}
