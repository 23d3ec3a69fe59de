using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Reuse;

/// <summary>
/// Several files in one text, each behind a line <c># file: NAME</c>. Each keeps the line numbers that it has in the whole.
/// </summary>
internal static class ReuseFiles
{
    /// <summary>The files by name; what stands before the first name is called <c>workflow.yaml</c>.</summary>
    internal static IReadOnlyDictionary<string, string> Split(string text)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var name = "workflow.yaml";
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("# file: ", StringComparison.Ordinal))
            {
                name = lines[i][8..].Trim();
                files[name] = new string('\n', i + 1);
            }
            else
            {
                files[name] = files.GetValueOrDefault(name, "") + lines[i] + "\n";
            }
        }

        return files;
    }

    /// <summary>All findings about the files.</summary>
    internal static IReadOnlyList<Diagnostic> Check(string text)
    {
        var files = Split(text);
        var found = new List<Diagnostic>();
        foreach (var (name, content) in files)
        {
            found.AddRange(name switch
            {
                "package.yaml" => CheckPackage(content, files),
                "tasks.lock.yaml" => ManifestParser.ParseLockfile(content).Diagnostics,
                "task-sources.yaml" => ManifestParser.ParseSources(content).Diagnostics,
                _ when name.EndsWith(".task.yaml", StringComparison.Ordinal) => ManifestParser.ParseTask(content).Diagnostics,
                _ when name.EndsWith(".taskgroup.yaml", StringComparison.Ordinal) => ManifestParser.ParseGroup(content).Diagnostics,
                _ => [],
            });
        }

        if (files.TryGetValue("workflow.yaml", out var workflow)
            && WorkflowParser.Parse(Validation.Checked.Named(workflow)).Workflow is { } parsed)
        {
            var lockfile = files.TryGetValue("tasks.lock.yaml", out var locked) ? ManifestParser.ParseLockfile(locked).Value : null;
            found.AddRange(PredefinedTasks.Expand(parsed, new Library(files), lockfile).Diagnostics);
        }

        return found;
    }

    private static IEnumerable<Diagnostic> CheckPackage(string content, IReadOnlyDictionary<string, string> files)
    {
        var parsed = ManifestParser.ParsePackage(content);
        return parsed.Value is { } package
            ? [.. parsed.Diagnostics, .. PackageCheck.Check(package, path => files.GetValueOrDefault(path))]
            : parsed.Diagnostics;
    }
}
