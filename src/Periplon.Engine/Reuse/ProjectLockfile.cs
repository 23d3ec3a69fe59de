using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Engine.Reuse;

/// <summary>The lockfile of a project: <c>tasks.lock.yaml</c> in its directory.</summary>
internal static class ProjectLockfile
{
    public static string PathIn(string project) => Path.Combine(project, TaskLockfile.FileName);

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="IOException">It cannot be read, or is no lockfile; the message lists why.</exception>
    public static TaskLockfile? Read(string project)
    {
        var path = PathIn(project);
        if (!File.Exists(path))
        {
            return null;
        }

        var parsed = ManifestParser.ParseLockfile(File.ReadAllText(path));
        var errors = parsed.Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error);
        return parsed.Value ?? throw new IOException($"{path} cannot be used: {string.Join(" ", errors)}");
    }
}
