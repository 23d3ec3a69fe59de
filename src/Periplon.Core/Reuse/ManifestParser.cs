using Periplon.Core.Reuse.Language;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Reuse;

/// <summary>
/// Reads the files of predefined tasks, packages and groups. Never throws: whatever is wrong is in the result, all at once.
/// </summary>
public static class ManifestParser
{
    /// <summary>Reads a <c>*.task.yaml</c> file.</summary>
    /// <param name="text">The whole file.</param>
    public static ManifestResult<PredefinedTaskManifest> ParseTask(string text) =>
        Parse(text, "a predefined task", TaskManifestLanguage.Task, ManifestRules.CheckTask);

    /// <summary>Reads a <c>*.taskgroup.yaml</c> file.</summary>
    /// <param name="text">The whole file.</param>
    public static ManifestResult<TaskGroupManifest> ParseGroup(string text) =>
        Parse(text, "a task group", GroupLanguage.Group, ManifestRules.CheckGroup);

    /// <summary>Reads a <c>package.yaml</c> file.</summary>
    /// <param name="text">The whole file.</param>
    public static ManifestResult<TaskPackageManifest> ParsePackage(string text) =>
        Parse(text, "a task package", PackageLanguage.Package, ManifestRules.CheckPackage);

    /// <summary>Reads a <c>tasks.lock.yaml</c> file.</summary>
    /// <param name="text">The whole file.</param>
    public static ManifestResult<TaskLockfile> ParseLockfile(string text) =>
        Parse(text, "a lockfile", LockLanguage.Lockfile, (_, _) => { });

    /// <summary>Reads a <c>task-sources.yaml</c> file.</summary>
    /// <param name="text">The whole file.</param>
    public static ManifestResult<TaskSourceList> ParseSources(string text) =>
        Parse(text, "a list of sources", SourceListLanguage.Sources, ManifestRules.CheckSources);

    private static ManifestResult<T> Parse<T>(string text, string what, Shape<T> shape, Action<T, ValidationReport> rules)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.StartsWith('\ufeff') ? text[1..] : text;
        var reading = new Reading(text.Length);
        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, reading);
        if (root is not MapNode)
        {
            if (!reading.HasErrors)
            {
                reading.Error(DiagnosticCodes.RootNotMapping, $"The file holds no mapping; {what} is one.",
                    root?.At ?? new SourceLocation(1, 1), "");
            }

            return new ManifestResult<T>(null, reading.Diagnostics);
        }

        var value = shape.Read(Cursor.Root(root, reading));
        if (value is TaskPackageManifest package)
        {
            // Its list is compared with its files later.
            value = (T)(object)(package with { Source = reading.Source });
        }

        if (reading.HasErrors)
        {
            return new ManifestResult<T>(null, reading.Diagnostics);
        }

        var report = new ValidationReport(reading.Source);
        rules(value, report);
        Diagnostic[] found = [.. reading.Diagnostics.Concat(report.InFileOrder()).OrderBy(d => d.Line).ThenBy(d => d.Column)];
        return new ManifestResult<T>(found.Any(d => d.Severity is DiagnosticSeverity.Error) ? null : value, found);
    }
}

/// <summary>A manifest, or what kept it from being read.</summary>
/// <param name="Value">The manifest; null when a diagnostic is an error.</param>
/// <param name="Diagnostics">All findings in the order of the file.</param>
public sealed record ManifestResult<T>(T? Value, IReadOnlyList<Diagnostic> Diagnostics)
    where T : class;
