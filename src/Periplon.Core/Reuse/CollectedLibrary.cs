using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>
/// A library of texts that were collected before: what an expansion used (<see cref="ReuseExpansion.Texts"/>), so that the same workflow
/// expands to the same definition years later, wherever the files have gone.
/// </summary>
public sealed class CollectedLibrary : IPredefinedTaskLibrary
{
    private const string TaskPrefix = "task:";
    private const string GroupPrefix = "group:";
    private const string NotTrusted = "untrusted:";

    private readonly ILookup<string, LibraryTask> _tasks;
    private readonly ILookup<string, LibraryGroup> _groups;

    private CollectedLibrary(IEnumerable<LibraryTask> tasks, IEnumerable<LibraryGroup> groups)
    {
        _tasks = tasks.ToLookup(task => task.Name, StringComparer.Ordinal);
        _groups = groups.ToLookup(group => group.Name, StringComparer.Ordinal);
    }

    /// <summary>A library without anything.</summary>
    public static CollectedLibrary Empty { get; } = new([], []);

    /// <summary>
    /// The key under which the text of a task is collected: <c>task:name@version</c>, behind <c>untrusted:</c> when its source is not
    /// trusted.
    /// </summary>
    /// <param name="task">The task.</param>
    public static string KeyOf(LibraryTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Trust(task.Origin) + TaskPrefix + task.Manifest.Metadata.Reference;
    }

    /// <summary>The key under which the text of a group is collected: <c>group:name@version</c>, likewise.</summary>
    /// <param name="group">The group.</param>
    public static string KeyOf(LibraryGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Trust(group.Origin) + GroupPrefix + group.Manifest.Metadata.Reference;
    }

    /// <summary>Builds a library from texts.</summary>
    /// <param name="texts">Texts by key; keys of other things are left out.</param>
    /// <returns>The library, and the errors of texts that cannot be read, whose tasks and groups are then missing.</returns>
    public static (CollectedLibrary Library, IReadOnlyList<Diagnostic> Diagnostics) Of(IReadOnlyDictionary<string, string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var tasks = new List<LibraryTask>();
        var groups = new List<LibraryGroup>();
        var problems = new List<Diagnostic>();
        foreach (var (key, text) in texts)
        {
            var name = NameOf(key, out var isTrusted);
            var origin = new LibraryOrigin(key, isTrusted);
            if (name.StartsWith(TaskPrefix, StringComparison.Ordinal))
            {
                var parsed = ManifestParser.ParseTask(text);
                if (Keep(parsed, key, problems) is { } manifest)
                {
                    tasks.Add(new LibraryTask(manifest, text, origin));
                }
            }
            else if (name.StartsWith(GroupPrefix, StringComparison.Ordinal))
            {
                var parsed = ManifestParser.ParseGroup(text);
                if (Keep(parsed, key, problems) is { } manifest)
                {
                    groups.Add(new LibraryGroup(manifest, text, origin));
                }
            }
        }

        return (new CollectedLibrary(tasks, groups), problems);
    }

    /// <inheritdoc/>
    public IReadOnlyList<LibraryTask> FindTasks(string name) => [.. _tasks[name]];

    /// <inheritdoc/>
    public IReadOnlyList<LibraryGroup> FindGroups(string name) => [.. _groups[name]];

    private static string Trust(LibraryOrigin origin) => origin.IsTrusted ? "" : NotTrusted;

    private static string NameOf(string key, out bool isTrusted)
    {
        isTrusted = !key.StartsWith(NotTrusted, StringComparison.Ordinal);
        return isTrusted ? key : key[NotTrusted.Length..];
    }

    private static T? Keep<T>(ManifestResult<T> parsed, string key, List<Diagnostic> problems)
        where T : class
    {
        problems.AddRange(parsed.Diagnostics
            .Where(found => found.Severity is DiagnosticSeverity.Error)
            .Select(found => found with { Message = $"In {key}: {found.Message}" }));
        return parsed.Value;
    }
}
