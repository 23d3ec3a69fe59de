using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>What a manifest says about itself.</summary>
public sealed record ManifestMetadata
{
    /// <summary>Name: lower-case letters, digits and single hyphens inside.</summary>
    public required string Name { get; init; }
    /// <summary>Version.</summary>
    public required SemanticVersion Version { get; init; }
    /// <summary>Who wrote it.</summary>
    public string? Author { get; init; }
    /// <summary>What it is for.</summary>
    public string? Description { get; init; }
    /// <summary>Licence, as text.</summary>
    public string? License { get; init; }
    /// <summary>Where it is kept.</summary>
    public string? Repository { get; init; }
    /// <summary>Words to search by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary><c>name@version</c>.</summary>
    public string Reference => $"{Name}@{Version}";
}

/// <summary>A predefined task: the content of a <c>*.task.yaml</c> file (reference §22.1).</summary>
public sealed record PredefinedTaskManifest
{
    /// <summary>What the task says about itself.</summary>
    public required ManifestMetadata Metadata { get; init; }
    /// <summary>The agent that does the task; its texts may hold <c>${input.NAME}</c>. Its id is empty.</summary>
    public required AgentDefinition AgentTemplate { get; init; }
    /// <summary>The agent's template as JSON, with the key names of the file: what overrides are merged into.</summary>
    public JsonElement AgentTemplateJson { get; init; }
    /// <summary>Declared inputs by name.</summary>
    public IReadOnlyDictionary<string, PredefinedInput> Inputs { get; init; } = Map<PredefinedInput>.Empty;
    /// <summary>Declared outputs by name.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;
    /// <summary>Predefined tasks that must be there too.</summary>
    public IReadOnlyList<TaskDependency> Dependencies { get; init; } = [];
    /// <summary>Examples of use.</summary>
    public IReadOnlyList<TaskExample> Examples { get; init; } = [];
}

/// <summary>An input of a predefined task.</summary>
/// <param name="Definition">Type, default and rules.</param>
/// <param name="Source">Text that is the value when none is given and there is no default, such as <c>${env.TOKEN}</c>.</param>
public sealed record PredefinedInput(InputDefinition Definition, string? Source = null);

/// <summary>A predefined task that another one needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Which versions will do.</param>
/// <param name="IsOptional">Whether it may be missing. Default: false.</param>
public sealed record TaskDependency(string Name, VersionConstraint Version, bool IsOptional = false);

/// <summary>An example of use.</summary>
/// <param name="Name">Name of the example.</param>
/// <param name="Description">What it shows.</param>
/// <param name="Inputs">Values of inputs.</param>
public sealed record TaskExample(string Name, string? Description, IReadOnlyDictionary<string, JsonElement> Inputs);
