using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Periplon.Core.Reuse;

/// <summary>Makes lockfiles and writes them as text.</summary>
public static class TaskLockfiles
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The lockfile of a project with some tasks locked as they are now. Tasks that it held before stay in it; what did not change keeps
    /// its time and source.
    /// </summary>
    /// <param name="before">The lockfile so far; null when there is none.</param>
    /// <param name="tasks">The tasks, those they need included.</param>
    /// <param name="now">The time to note.</param>
    /// <param name="generatedBy">Name and version of the program.</param>
    public static TaskLockfile Lock(
        TaskLockfile? before, IReadOnlyCollection<LibraryTask> tasks, DateTimeOffset now, string generatedBy)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var used = tasks.ToDictionary(task => task.Name, StringComparer.Ordinal);
        var locked = new SortedDictionary<string, LockedTask>(
            before?.Tasks.ToDictionary(StringComparer.Ordinal) ?? [], StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            var entry = Lock(task, used, now);
            locked[task.Name] = before?.Tasks.GetValueOrDefault(task.Name) is { } earlier
                && earlier.Version == entry.Version && earlier.Checksum == entry.Checksum
                    ? entry with { ResolvedAt = earlier.ResolvedAt, Source = earlier.Source }
                    : entry;
        }

        var metadata = new SortedDictionary<string, string>(
            before?.Metadata.ToDictionary(StringComparer.Ordinal) ?? [], StringComparer.Ordinal)
        {
            ["task_count"] = locked.Count.ToString(CultureInfo.InvariantCulture),
        };
        return new TaskLockfile { GeneratedAt = now, GeneratedBy = generatedBy, Tasks = locked, Metadata = metadata };
    }

    /// <summary>The lockfile as YAML, ordered by name, so that two of them are easy to compare.</summary>
    /// <param name="lockfile">The lockfile.</param>
    public static string Write(TaskLockfile lockfile)
    {
        ArgumentNullException.ThrowIfNull(lockfile);
        var text = new StringBuilder("# Which predefined tasks this project uses. Keep it with the project; 'periplon group' writes it.\n");
        Field(text, 0, "version", lockfile.Version.ToString());
        Field(text, 0, "generated_at", Time(lockfile.GeneratedAt));
        Field(text, 0, "generated_by", lockfile.GeneratedBy);
        text.Append(lockfile.Tasks.Count == 0 ? "tasks: {}\n" : "tasks:\n");
        foreach (var (name, task) in lockfile.Tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Quote(name)}:\n");
            Field(text, 4, "version", task.Version.ToString());
            Field(text, 4, "checksum", task.Checksum);
            WriteSource(text, task.Source);
            Field(text, 4, "resolved_at", Time(task.ResolvedAt));
            WriteMap(text, 4, "dependencies", task.Dependencies);
            if (task.Metadata is { } notes)
            {
                text.Append("    metadata:\n");
                Field(text, 6, "description", notes.Description);
                Field(text, 6, "author", notes.Author);
                Field(text, 6, "license", notes.License);
            }
        }

        WriteMap(text, 0, "metadata", lockfile.Metadata);
        return text.ToString();
    }

    private static LockedTask Lock(LibraryTask task, Dictionary<string, LibraryTask> used, DateTimeOffset now)
    {
        var notes = task.Manifest.Metadata;
        return new LockedTask
        {
            Version = task.Version,
            Checksum = ManifestChecksum.Of(task.Text),
            Source = task.Origin.Source ?? new LockSource.Local(task.Origin.Place),
            ResolvedAt = now,
            Dependencies = LockComparison.DependenciesOf(task, used),
            Metadata = notes is { Description: null, Author: null, License: null }
                ? null
                : new LockedMetadata(notes.Description, notes.Author, notes.License),
        };
    }

    private static void WriteSource(StringBuilder text, LockSource source)
    {
        text.Append("    source:\n");
        switch (source)
        {
            case LockSource.Local local:
                Field(text, 6, "type", "local");
                Field(text, 6, "path", local.Path);
                break;
            case LockSource.Git git:
                Field(text, 6, "type", "git");
                Field(text, 6, "url", git.Url);
                Field(text, 6, "ref", git.Ref);
                Field(text, 6, "subpath", git.Subpath);
                break;
            case LockSource.Registry registry:
                Field(text, 6, "type", "registry");
                Field(text, 6, "url", registry.Url);
                Field(text, 6, "package", registry.Package);
                break;
        }
    }

    private static void WriteMap(StringBuilder text, int indent, string name, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            return;
        }

        text.Append(' ', indent).Append(name).Append(":\n");
        foreach (var (key, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Field(text, indent + 2, Quote(key), value);
        }
    }

    private static void Field(StringBuilder text, int indent, string name, string? value)
    {
        if (value is not null)
        {
            text.Append(' ', indent).Append(name).Append(": ").Append(Quote(value)).Append('\n');
        }
    }

    private static string? Time(DateTimeOffset? time) =>
        time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // Text in quotes is the same in JSON and YAML.
    private static string Quote(string value) => JsonSerializer.Serialize(value, Plain);
}
