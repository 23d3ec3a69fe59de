using Periplon.Core.Names;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;
using Periplon.Engine.Files;

namespace Periplon.Engine.Reuse;

/// <summary>A file that cannot be used.</summary>
/// <param name="Path">The file.</param>
/// <param name="Message">What is wrong with it.</param>
internal sealed record LibraryProblem(string Path, string Message);

/// <summary>Predefined tasks and groups of directories, read once.</summary>
internal sealed class FileLibrary : IPredefinedTaskLibrary
{
    // A manifest is a page of text; anything larger is none, and is not read into memory.
    private const int LargestFile = 1024 * 1024;
    private const int MostLevels = 32;

    private readonly Dictionary<string, List<LibraryTask>> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<LibraryGroup>> _groups = new(StringComparer.Ordinal);
    private readonly List<LibraryProblem> _problems = [];

    private FileLibrary(IReadOnlyList<LibraryPlace> places, TaskLockfile? lockfile)
    {
        Places = places;
        Lockfile = lockfile;
    }

    public TaskLockfile? Lockfile { get; }

    /// <summary>The searched places, the most important first.</summary>
    public IReadOnlyList<LibraryPlace> Places { get; }

    /// <summary>Files that were left out, in the order in which they were found.</summary>
    public IReadOnlyList<LibraryProblem> Problems => _problems;

    /// <summary>All groups, by name and version.</summary>
    public IEnumerable<LibraryGroup> Groups => _groups.Values.SelectMany(versions => versions)
        .OrderBy(group => group.Name, StringComparer.Ordinal).ThenBy(group => group.Version);

    public static FileLibrary Read(IEnumerable<LibraryPlace> places, TaskLockfile? lockfile = null)
    {
        var library = new FileLibrary([.. places.OrderByDescending(place => place.Priority)], lockfile);
        foreach (var place in library.Places)
        {
            library.Search(place);
        }

        return library;
    }

    public IReadOnlyList<LibraryTask> FindTasks(string name) => _tasks.GetValueOrDefault(name) ?? [];

    public IReadOnlyList<LibraryGroup> FindGroups(string name) => _groups.GetValueOrDefault(name) ?? [];

    public string? HintFor(string name, bool isGroup)
    {
        if (_problems.FirstOrDefault(problem => Path.GetFileName(problem.Path).Contains(name, StringComparison.Ordinal)) is { } broken)
        {
            return $"{broken.Path} is left out: {broken.Message}";
        }

        if (NearestName.Find(name, isGroup ? _groups.Keys : _tasks.Keys) is { } near)
        {
            return $"Did you mean '{near}'?";
        }

        var pattern = isGroup ? LibraryPlaces.GroupPattern : LibraryPlaces.TaskPattern;
        var places = Places.Where(place => place.Pattern is null || place.Pattern == pattern).Select(place => place.Path);
        var others = _problems is [var first, ..]
            ? $" {_problems.Count} files there are left out, such as {first.Path}: {first.Message}"
            : "";
        return $"Files {pattern} are looked for in {string.Join(", ", places)}.{others}";
    }

    /// <summary>Adds a group that was read from elsewhere, in front of all others of its version.</summary>
    public void Add(LibraryGroup group) => VersionsOf(_groups, group.Name).Insert(0, group);

    private void Search(LibraryPlace place)
    {
        // Links are not followed: a repository could lead anywhere with them.
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = place.IsRecursive,
            MaxRecursionDepth = MostLevels,
            AttributesToSkip = place.Repository is null ? FileAttributes.None : FileAttributes.ReparsePoint,
        };
        if (!Directory.Exists(place.Path))
        {
            return;
        }

        var here = new HashSet<string>(StringComparer.Ordinal);
        string[] patterns = place.Pattern is { } only ? [only] : [LibraryPlaces.TaskPattern, LibraryPlaces.GroupPattern];
        foreach (var pattern in patterns)
        {
            foreach (var path in Directory.EnumerateFiles(place.Path, pattern, options).Order(StringComparer.Ordinal))
            {
                ReadFile(path, pattern, place, here);
            }
        }

        foreach (var path in Directory.EnumerateFiles(place.Path, TaskPackageManifest.FileName, options).Order(StringComparer.Ordinal))
        {
            CheckPackage(path);
        }
    }

    private void ReadFile(string path, string pattern, LibraryPlace place, HashSet<string> here)
    {
        if (ReadText(path) is not { } text)
        {
            return;
        }

        var origin = new LibraryOrigin(path, place.IsTrusted, place.Repository is { } repository
            ? repository with { Subpath = Path.GetRelativePath(place.Path, path).Replace('\\', '/') }
            : null);
        if (pattern == LibraryPlaces.TaskPattern)
        {
            var parsed = ManifestParser.ParseTask(text);
            Keep(parsed, path, manifest =>
                Add(_tasks, manifest.Metadata, new LibraryTask(manifest, text, origin), task => task.Version, path, here));
        }
        else
        {
            var parsed = ManifestParser.ParseGroup(text);
            Keep(parsed, path, manifest =>
                Add(_groups, manifest.Metadata, new LibraryGroup(manifest, text, origin), group => group.Version, path, here));
        }
    }

    private string? ReadText(string path)
    {
        try
        {
            if (RegularFile.ReadBytes(path, LargestFile) is { } bytes)
            {
                using var reader = new StreamReader(new MemoryStream(bytes));
                return reader.ReadToEnd();
            }

            _problems.Add(new LibraryProblem(path, $"The file is larger than {LargestFile / 1024} KiB."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problems.Add(new LibraryProblem(path, e.Message));
        }

        return null;
    }

    private void Keep<T>(ManifestResult<T> parsed, string path, Action<T> add)
        where T : class
    {
        if (parsed.Value is { } manifest)
        {
            add(manifest);
            return;
        }

        var errors = parsed.Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error);
        _problems.Add(new LibraryProblem(path, string.Join(" ", errors.Select(found => found.ToString()))));
    }

    private void Add<T>(
        Dictionary<string, List<T>> all,
        ManifestMetadata metadata,
        T item,
        Func<T, SemanticVersion> version,
        string path,
        HashSet<string> here)
    {
        var versions = VersionsOf(all, metadata.Name);
        if (!here.Add(typeof(T).Name + metadata.Reference))
        {
            _problems.Add(new LibraryProblem(path, $"{metadata.Reference} is in another file of the same place too; that one is used."));
        }
        else if (versions.All(known => version(known) != metadata.Version))
        {
            versions.Add(item);
        }
    }

    private void CheckPackage(string path)
    {
        if (ReadText(path) is not { } text)
        {
            return;
        }

        var parsed = ManifestParser.ParsePackage(text);
        // Other programs have files of that name too.
        if (parsed.Value is not { } package)
        {
            if (text.Contains("TaskPackage", StringComparison.Ordinal))
            {
                Keep(parsed, path, _ => { });
            }

            return;
        }

        var directory = Path.GetDirectoryName(path)!;
        foreach (var found in PackageCheck.Check(package, file => ReadBelow(directory, file)))
        {
            _problems.Add(new LibraryProblem(path, found.ToString()));
        }
    }

    private string? ReadBelow(string directory, string file)
    {
        var path = Path.Combine(directory, file);
        return File.Exists(path) ? ReadText(path) : null;
    }

    private static List<T> VersionsOf<T>(Dictionary<string, List<T>> all, string name)
    {
        if (!all.TryGetValue(name, out var versions))
        {
            all[name] = versions = [];
        }

        return versions;
    }
}
