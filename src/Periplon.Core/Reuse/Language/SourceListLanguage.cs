using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Reuse.Language;

/// <summary>Sources of predefined tasks (reference §22.3).</summary>
internal static class SourceListLanguage
{
    private static readonly Shape<SourceUpdatePolicy> Policy = new ChoiceShape<SourceUpdatePolicy>(
        ("daily", SourceUpdatePolicy.Daily),
        ("weekly", SourceUpdatePolicy.Weekly),
        ("manual", SourceUpdatePolicy.Manual),
        ("always", SourceUpdatePolicy.Always));

    private static readonly Shape<TaskSource> Source = new UnionShape<TaskSource>("TaskSource", "type",
        ("local", f => new TaskSource.Local
        {
            Name = f.Required("name", ManifestLanguage.Filled, "Name of the source."),
            Path = f.Required("path", ManifestLanguage.Filled, "Directory."),
            Priority = Priority(f),
            IsEnabled = Enabled(f),
        }),
        ("git", f => new TaskSource.Git
        {
            Name = f.Required("name", ManifestLanguage.Filled, "Name of the source."),
            Url = f.Required("url", ManifestLanguage.Filled, "Repository."),
            Branch = f.Optional("branch", ManifestLanguage.Filled, "Branch."),
            Tag = f.Optional("tag", ManifestLanguage.Filled, "Tag, in place of a branch."),
            CacheDir = f.Optional("cache_dir", ManifestLanguage.Filled, "Directory of the local copy."),
            UpdatePolicy = f.Or("update_policy", Policy, SourceUpdatePolicy.Daily, "When the copy is refreshed."),
            Priority = Priority(f),
            IsTrusted = f.Or("trusted", Scalars.Bool, true, "Whether its tasks may have any tools and permissions."),
            IsEnabled = Enabled(f),
        }));

    internal static readonly Shape<TaskSourceList> Sources = new StructShape<TaskSourceList>("TaskSources", f => new TaskSourceList
    {
        Sources = f.List("sources", Source, "The sources."),
    });

    private static int Priority(Fields f) => f.Or("priority", Scalars.Whole(0, 255), 5, "Sources with a higher number win.");

    private static bool Enabled(Fields f) => f.Or("enabled", Scalars.Bool, true, "Whether it is used at all.");
}
