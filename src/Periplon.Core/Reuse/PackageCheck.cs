using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>Compares a package's list with the files of the package.</summary>
public static class PackageCheck
{
    /// <summary>Checks that each listed file is there, can be read, and has the listed name and version.</summary>
    /// <param name="package">The package.</param>
    /// <param name="read">The text of a file by its path below the package; null when there is none.</param>
    /// <returns>One error for each task of the list that does not hold.</returns>
    public static IReadOnlyList<Diagnostic> Check(TaskPackageManifest package, Func<string, string?> read)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(read);
        var report = new ValidationReport(package.Source);
        for (var i = 0; i < package.Tasks.Count; i++)
        {
            if (FindProblem(package.Tasks[i], read) is { } problem)
            {
                report.Error(
                    ReuseCodes.PackageTaskDiffers,
                    $"tasks[{i}]",
                    $"The package lists '{package.Tasks[i].Name}@{package.Tasks[i].Version}' in {package.Tasks[i].Path}, {problem}",
                    "Correct the list, or the file.");
            }
        }

        return report.InFileOrder();
    }

    private static string? FindProblem(PackageTask listed, Func<string, string?> read)
    {
        if (Path.IsPathRooted(listed.Path) || listed.Path.Split('/', '\\').Contains(".."))
        {
            return "which is not below the package.";
        }

        if (read(listed.Path) is not { } text)
        {
            return "but there is no such file.";
        }

        var parsed = ManifestParser.ParseTask(text);
        if (parsed.Value is not { Metadata: var found })
        {
            return $"but the file cannot be read: {parsed.Diagnostics.First(d => d.Severity is DiagnosticSeverity.Error)}";
        }

        return found.Name == listed.Name && found.Version == listed.Version ? null : $"but the file holds '{found.Reference}'.";
    }
}
