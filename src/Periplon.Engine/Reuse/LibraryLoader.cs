using System.Text.RegularExpressions;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Engine.Reuse;

/// <summary>
/// Finds the predefined tasks and groups of a project: its own directories, those of its user, and the configured sources.
/// </summary>
/// <param name="project">Directory of the project.</param>
/// <param name="variables">Environment variables: <c>HOME</c>, and those that the sources name.</param>
/// <param name="time">Tells when a copy is old.</param>
internal sealed partial class LibraryLoader(string project, IReadOnlyDictionary<string, string> variables, TimeProvider time)
{
    /// <summary>
    /// A directory before that of the project, such as that of the workflow file: its tasks, sources and lockfile come first. Null for
    /// none.
    /// </summary>
    public string? WorkflowDirectory { get; init; }

    private IEnumerable<string> Projects => new[] { WorkflowDirectory, project }.OfType<string>().Select(Path.GetFullPath).Distinct();

    private string? Home => variables.GetValueOrDefault("HOME") is { Length: > 0 } home ? home : variables.GetValueOrDefault("USERPROFILE");

    /// <summary>Reads all places.</summary>
    /// <param name="extra">A further directory, searched with all below it and before all others; null for none.</param>
    /// <param name="refresh">Whether copies of repositories are refreshed whatever their policy says.</param>
    /// <param name="cancellationToken">Ends the fetching.</param>
    /// <returns>The library, and problems with the sources; those with files are in the library.</returns>
    /// <exception cref="IOException">A file or directory cannot be read, or the lockfile is none.</exception>
    public async Task<(FileLibrary Library, IReadOnlyList<LibraryProblem> Problems)> LoadAsync(
        string? extra, bool refresh, CancellationToken cancellationToken)
    {
        var problems = new List<LibraryProblem>();
        var places = Projects.SelectMany(directory => LibraryPlaces.Of(directory, null)).Concat(LibraryPlaces.Of(null, Home)).ToList();
        if (extra is not null)
        {
            places.Add(new LibraryPlace(Path.GetFullPath(extra, project), null, int.MaxValue, IsRecursive: true));
        }

        foreach (var (source, list) in ReadSources(problems))
        {
            if (await PlaceOfAsync(source, list, refresh, problems, cancellationToken) is { } place)
            {
                places.Add(place);
            }
        }

        var lockfile = Projects.Select(ProjectLockfile.Read).FirstOrDefault(found => found is not null);
        return (FileLibrary.Read(places, lockfile), problems);
    }

    private IEnumerable<(TaskSource Source, string List)> ReadSources(List<LibraryProblem> problems)
    {
        if (Projects.Append(Home).SelectMany(LibraryPlaces.SourceLists).FirstOrDefault(File.Exists) is not { } path)
        {
            return [];
        }

        var parsed = ManifestParser.ParseSources(File.ReadAllText(path));
        problems.AddRange(parsed.Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error)
            .Select(found => new LibraryProblem(path, found.ToString())));
        return parsed.Value?.Sources.Where(source => source.IsEnabled).Select(source => (source, path)) ?? [];
    }

    private async Task<LibraryPlace?> PlaceOfAsync(
        TaskSource source, string list, bool refresh, List<LibraryProblem> problems, CancellationToken cancellationToken)
    {
        if (source is TaskSource.Local local)
        {
            return new LibraryPlace(Expand(local.Path), null, source.Priority, IsRecursive: true);
        }

        var git = (TaskSource.Git)source;
        if (git.CacheDir is null && Home is null)
        {
            problems.Add(new LibraryProblem(list, $"The source '{git.Name}' has no cache_dir, and there is no home directory for one."));
            return null;
        }

        var directory = Path.GetFullPath(git.CacheDir is { } given
            ? Expand(given)
            : Path.Combine(Home!, ".claude", "cache", FileName(git.Name)));
        var (commit, problem) = await new GitCopy(git with { Url = Expand(git.Url, isPath: false) }, directory, time)
            .UpdateAsync(refresh, cancellationToken);
        if (problem is not null)
        {
            var state = commit is null ? "could not be fetched" : "could not be refreshed; its last copy is used";
            problems.Add(new LibraryProblem(list, $"The source '{git.Name}' {state}: {problem}."));
        }

        return commit is null
            ? null
            : new LibraryPlace(
                directory, null, git.Priority, IsRecursive: true, git.IsTrusted, new LockSource.Git(git.Url, commit, null));
    }

    private static string FileName(string name) =>
        string.Concat(name.Split(Path.GetInvalidFileNameChars())).Replace("..", "_", StringComparison.Ordinal);

    private string Expand(string path, bool isPath = true)
    {
        var text = VariablePattern().Replace(path, match => variables.GetValueOrDefault(match.Groups["name"].Value, match.Value));
        if (text == "~" || text.StartsWith("~/", StringComparison.Ordinal))
        {
            text = Home + text[1..];
        }

        return isPath ? Path.GetFullPath(text, project) : text;
    }

    [GeneratedRegex(@"\$(?:\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?<name>[A-Za-z_][A-Za-z0-9_]*))")]
    private static partial Regex VariablePattern();
}
