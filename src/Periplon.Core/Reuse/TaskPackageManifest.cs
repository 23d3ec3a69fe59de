using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>A directory of predefined tasks with a list of them: the content of a <c>package.yaml</c> file (reference §22.4).</summary>
public sealed record TaskPackageManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "package.yaml";

    /// <summary>What the package says about itself.</summary>
    public required ManifestMetadata Metadata { get; init; }
    /// <summary>Where more about it is to be found.</summary>
    public string? Homepage { get; init; }
    /// <summary>The tasks in it.</summary>
    public IReadOnlyList<PackageTask> Tasks { get; init; } = [];
    /// <summary>Other packages that it needs, for people.</summary>
    public IReadOnlyList<GroupDependency> Dependencies { get; init; } = [];
    /// <summary>What it asks of the program and the model, for people.</summary>
    public PackageRequirements? Requires { get; init; }
    /// <summary>Where each node stands in the file.</summary>
    public SourceMap Source { get; init; } = SourceMap.Empty;
}

/// <summary>A task of a package.</summary>
/// <param name="Path">Path of its file, below the package's directory.</param>
/// <param name="Name">Name that the file must have.</param>
/// <param name="Version">Version that the file must have.</param>
public sealed record PackageTask(string Path, string Name, SemanticVersion Version);

/// <summary>What a package asks of its surroundings.</summary>
/// <param name="SdkVersion">Version of the program.</param>
/// <param name="MinModel">Weakest model.</param>
public sealed record PackageRequirements(string? SdkVersion, string? MinModel);
