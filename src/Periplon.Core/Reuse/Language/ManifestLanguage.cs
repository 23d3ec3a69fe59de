using System.Text.RegularExpressions;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Reuse.Language;

/// <summary>What the files of reference §22 have in common: the header, names, versions and constraints.</summary>
internal static partial class ManifestLanguage
{
    internal static readonly Shape<string> Filled = Checked(Scalars.Text, ReuseCodes.TextEmpty, text =>
        string.IsNullOrWhiteSpace(text) ? "must not be empty" : null);

    internal static readonly Shape<string> Name = Checked(Scalars.Text, ReuseCodes.NameMalformed, text =>
        NamePattern().IsMatch(text) ? null : "must have lower-case letters and digits, with single hyphens inside, such as tidy-files");

    internal static readonly Shape<string> Checksum = Checked(Scalars.Text, ReuseCodes.ChecksumMalformed, text =>
        ManifestChecksum.IsOne(text) ? null : "must be 'sha256:' and 64 hexadecimal digits in lower case");

    internal static readonly Shape<SemanticVersion> Version = new CustomShape<SemanticVersion>(
        at =>
        {
            var text = Scalars.Text.Read(at);
            if (SemanticVersion.TryParse(text, out var version))
            {
                return version;
            }

            at.Error(ReuseCodes.VersionMalformed, $"{at.Name} must be a version such as 1.2.3; found {at.Found}.",
                "Write all three numbers; a pre-release is 1.2.3-rc.1.");
            return null!;
        },
        Scalars.Text.Describe);

    internal static readonly Shape<VersionConstraint> Constraint = new CustomShape<VersionConstraint>(
        at =>
        {
            var text = Scalars.Text.Read(at);
            if (VersionConstraint.TryParse(text, out var constraint, out var problem))
            {
                return constraint;
            }

            at.Error(ReuseCodes.ConstraintMalformed, $"{at.Name} {problem}");
            return null!;
        },
        Scalars.Text.Describe);

    /// <summary>A shape whose value must pass a check, which says what is wrong as "must be …".</summary>
    internal static Shape<T> Checked<T>(Shape<T> inner, string code, Func<T, string?> check) => new CustomShape<T>(
        at =>
        {
            var value = inner.Read(at);
            if (value is not null && check(value) is { } problem)
            {
                at.Error(code, $"{at.Name} {problem}; found {at.Found}.");
            }

            return value;
        },
        inner.Describe);

    /// <summary>A word that the file must hold to be what it is taken for.</summary>
    internal static Shape<string> Exactly(string word) => Checked(Scalars.Text, ReuseCodes.HeaderWrong, text =>
        text == word ? null : $"must be {word}");

    internal static readonly Shape<ManifestMetadata> Metadata = new StructShape<ManifestMetadata>("ManifestMetadata", ReadMetadata);

    internal static ManifestMetadata ReadMetadata(Fields f) => new()
    {
        Name = f.Required("name", Name, "Name of the task, package or group."),
        Version = f.Required("version", Version, "Version, such as 1.2.3."),
        Author = f.Text("author", "Who wrote it."),
        Description = f.Text("description", "What it is for."),
        License = f.Optional("license", Filled, "Licence."),
        Repository = f.Optional("repository", Filled, "Where it is kept."),
        Tags = f.List("tags", Filled, "Words to search by."),
    };

    /// <summary>Asks for the two words that every manifest starts with.</summary>
    internal static void ReadHeader(Fields f, string apiVersion, string kind)
    {
        f.Required("apiVersion", Exactly(apiVersion), "Format of the file.");
        f.Required("kind", Exactly(kind), "What the file describes.");
    }

    internal static readonly Shape<GroupDependency> Dependency =
        new StructShape<GroupDependency>("GroupDependency", f => new GroupDependency(
        f.Required("name", Name, "Name of what is needed."),
        f.Required("version", Constraint, "Which versions will do."),
        f.Text("repository", "Where it is kept."),
        f.Or("optional", Scalars.Bool, false, "Whether it may be missing.")));

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
