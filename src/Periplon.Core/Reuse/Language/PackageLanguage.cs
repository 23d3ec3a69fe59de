using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Reuse.Language;

/// <summary>Task packages (reference §22.4).</summary>
internal static class PackageLanguage
{
    private static readonly Shape<PackageTask> Task = new StructShape<PackageTask>("PackageTask", f => new PackageTask(
        f.Required("path", ManifestLanguage.Filled, "Path of the task's file, below the package."),
        f.Required("name", ManifestLanguage.Name, "Name that the file must have."),
        f.Required("version", ManifestLanguage.Version, "Version that the file must have.")));

    private static readonly Shape<PackageRequirements> Requires =
        new StructShape<PackageRequirements>("PackageRequirements", f => new PackageRequirements(
        f.Text("sdk_version", "Version of the program."),
        f.Text("min_model", "Weakest model.")));

    private static readonly Shape<(ManifestMetadata Metadata, string? Homepage)> Metadata =
        new StructShape<(ManifestMetadata, string?)>("PackageMetadata", f =>
            (ManifestLanguage.ReadMetadata(f), f.Text("homepage", "Where more about it is to be found.")));

    internal static readonly Shape<TaskPackageManifest> Package = new StructShape<TaskPackageManifest>("TaskPackage", f =>
    {
        f.Text("apiVersion", "Format of the file; any.");
        f.Required("kind", ManifestLanguage.Exactly("TaskPackage"), "What the file describes.");
        var (metadata, homepage) = f.Required("metadata", Metadata, "What the package says about itself.");
        return new TaskPackageManifest
        {
            Metadata = metadata,
            Homepage = homepage,
            Tasks = f.List("tasks", Task, "The tasks in it."),
            Dependencies = f.List("dependencies", ManifestLanguage.Dependency, "Other packages that it needs."),
            Requires = f.Optional("requires", Requires, "What it asks of its surroundings."),
        };
    });
}
