using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Reuse;

/// <summary>
/// A library of files in memory: <c>*.task.yaml</c> and <c>*.taskgroup.yaml</c> by name. Names with <c>untrusted</c> are not trusted.
/// </summary>
internal sealed class Library : IPredefinedTaskLibrary
{
    private readonly List<LibraryTask> _tasks = [];
    private readonly List<LibraryGroup> _groups = [];

    internal Library(IReadOnlyDictionary<string, string> files)
    {
        foreach (var (name, text) in files)
        {
            var origin = new LibraryOrigin(name, IsTrusted: !name.Contains("untrusted", StringComparison.Ordinal));
            if (name.EndsWith(".task.yaml", StringComparison.Ordinal) && ManifestParser.ParseTask(text).Value is { } task)
            {
                _tasks.Add(new LibraryTask(task, text, origin));
            }
            else if (name.EndsWith(".taskgroup.yaml", StringComparison.Ordinal) && ManifestParser.ParseGroup(text).Value is { } group)
            {
                _groups.Add(new LibraryGroup(group, text, origin));
            }
        }
    }

    public IReadOnlyList<LibraryTask> FindTasks(string name) => [.. _tasks.Where(task => task.Name == name)];

    public IReadOnlyList<LibraryGroup> FindGroups(string name) => [.. _groups.Where(group => group.Name == name)];

    /// <summary>Expands the workflow among some files; see <see cref="ReuseFiles"/>.</summary>
    internal static ReuseExpansion Expand(string text)
    {
        var files = ReuseFiles.Split(text);
        foreach (var (name, content) in files.Where(file => !file.Key.StartsWith("workflow", StringComparison.Ordinal)))
        {
            ReuseFiles.Check($"# file: {name}\n{content}")
                .ShouldNotContain(found => found.Severity == DiagnosticSeverity.Error, $"in {name}");
        }

        var parsed = WorkflowParser.Parse(Validation.Checked.Named(files["workflow.yaml"]));
        parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
        var lockfile = files.TryGetValue("tasks.lock.yaml", out var locked) ? ManifestParser.ParseLockfile(locked).Value : null;
        return PredefinedTasks.Expand(parsed.Workflow, new Library(files), lockfile);
    }

    /// <summary>Expands what must expand without an error.</summary>
    internal static ReuseExpansion ExpandWell(string text)
    {
        var expansion = Expand(text);
        expansion.IsComplete.ShouldBeTrue(string.Join('\n', expansion.Diagnostics));
        return expansion;
    }
}
