using System.Globalization;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Reuse.Language;

/// <summary>Lockfiles (reference §22.5).</summary>
internal static class LockLanguage
{
    private static readonly SemanticVersion Format = new TaskLockfile().Version;

    private static readonly Shape<SemanticVersion> KnownFormat = ManifestLanguage.Checked(
        ManifestLanguage.Version, ReuseCodes.LockFormatUnknown, version =>
        version.Major == Format.Major ? null : $"must be a version {Format.Major} of the format");

    private static readonly Shape<LockSource> Source = new UnionShape<LockSource>("LockSource", "type",
        ("local", f => new LockSource.Local(f.Required("path", Scalars.Text, "Path of the file."))),
        ("git", f => new LockSource.Git(
            f.Required("url", Scalars.Text, "Repository."),
            f.Required("ref", Scalars.Text, "Commit."),
            f.Text("subpath", "Path of the file inside it."))),
        ("registry", f => new LockSource.Registry(
            f.Required("url", Scalars.Text, "Registry."),
            f.Required("package", Scalars.Text, "Package."))));

    private static readonly Shape<LockedMetadata> Notes = new StructShape<LockedMetadata>("LockedMetadata", f => new LockedMetadata(
        f.Text("description", "What it does."),
        f.Text("author", "Who wrote it."),
        f.Text("license", "Licence.")));

    private static readonly Shape<LockedTask> Task = new StructShape<LockedTask>("LockedTask", f => new LockedTask
    {
        Version = f.Required("version", ManifestLanguage.Version, "Its version."),
        Checksum = f.Required("checksum", ManifestLanguage.Checksum, "Checksum of its file."),
        Source = f.Required("source", Source, "Where it was found."),
        ResolvedAt = ToTime(f.Text("resolved_at", "When it was chosen.")),
        Dependencies = f.Map("dependencies", Scalars.Text, "Versions of the tasks it needs, by name."),
        Metadata = f.Optional("metadata", Notes, "Notes about it."),
    });

    internal static readonly Shape<TaskLockfile> Lockfile = new StructShape<TaskLockfile>("Lockfile", f => new TaskLockfile
    {
        Version = f.Required("version", KnownFormat, "Version of the format."),
        GeneratedAt = ToTime(f.Text("generated_at", "When it was written.")),
        GeneratedBy = f.Text("generated_by", "What wrote it."),
        Tasks = f.Map("tasks", Task, "Locked tasks by name."),
        Metadata = f.Map("metadata", Scalars.Text, "Free notes."),
    });

    // A note for people; a time that cannot be read is no reason to refuse the file.
    private static DateTimeOffset? ToTime(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
