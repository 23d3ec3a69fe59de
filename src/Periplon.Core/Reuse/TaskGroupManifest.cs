using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>A group of predefined tasks: the content of a <c>*.taskgroup.yaml</c> file (reference §22.6).</summary>
public sealed record TaskGroupManifest
{
    /// <summary>What the group says about itself.</summary>
    public required ManifestMetadata Metadata { get; init; }
    /// <summary>The tasks of the group.</summary>
    public IReadOnlyList<GroupTask> Tasks { get; init; } = [];
    /// <summary>What all its tasks share.</summary>
    public SharedConfig? SharedConfig { get; init; }
    /// <summary>Workflows that <c>uses_workflow</c> may name.</summary>
    public IReadOnlyList<GroupWorkflow> Workflows { get; init; } = [];
    /// <summary>Other groups that must be there too.</summary>
    public IReadOnlyList<GroupDependency> Dependencies { get; init; } = [];
    /// <summary>What the group would have done around its installation. Shown to people, never run.</summary>
    public GroupHooks Hooks { get; init; } = new();
}

/// <summary>A task of a group.</summary>
/// <param name="Name">Name of the predefined task.</param>
/// <param name="Version">Which versions will do.</param>
/// <param name="IsRequired">Whether the group is of no use without it. Default: true.</param>
/// <param name="Description">What it does in the group.</param>
public sealed record GroupTask(string Name, VersionConstraint Version, bool IsRequired = true, string? Description = null);

/// <summary>What the tasks of a group share.</summary>
public sealed record SharedConfig
{
    /// <summary>Inputs for tasks that do not declare them themselves.</summary>
    public IReadOnlyDictionary<string, InputDefinition> Inputs { get; init; } = Map<InputDefinition>.Empty;
    /// <summary>Permissions of tasks whose mode is <c>default</c>.</summary>
    public PermissionsDefinition? Permissions { get; init; }
    /// <summary>
    /// Environment of the scripts and commands in the group's workflows, beneath their own; also what <c>${env.NAME}</c> gives in the
    /// texts of the group's tasks.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = Map<string>.Empty;
    /// <summary>Most turns of tasks that say nothing themselves.</summary>
    public int? MaxTurns { get; init; }
}

/// <summary>A workflow of a group.</summary>
public sealed record GroupWorkflow
{
    /// <summary>Name within the group.</summary>
    public required string Name { get; init; }
    /// <summary>What it does.</summary>
    public string? Description { get; init; }
    /// <summary>Tasks by id.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Tasks { get; init; } = Map<TaskDefinition>.Empty;
    /// <summary>Agents by id, for tasks that name one.</summary>
    public IReadOnlyDictionary<string, AgentDefinition> Agents { get; init; } = Map<AgentDefinition>.Empty;
    /// <summary>Declared inputs.</summary>
    public IReadOnlyDictionary<string, InputDefinition> Inputs { get; init; } = Map<InputDefinition>.Empty;
    /// <summary>Outputs by name.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;
}

/// <summary>A group that another one needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Which versions will do.</param>
/// <param name="Repository">Where it is kept; for people.</param>
/// <param name="IsOptional">Whether it may be missing. Default: false.</param>
public sealed record GroupDependency(string Name, VersionConstraint Version, string? Repository = null, bool IsOptional = false);

/// <summary>Hooks of a group.</summary>
public sealed record GroupHooks
{
    /// <summary>After installation.</summary>
    public IReadOnlyList<GroupHook> PostInstall { get; init; } = [];
    /// <summary>Before use.</summary>
    public IReadOnlyList<GroupHook> PreUse { get; init; } = [];
    /// <summary>After removal.</summary>
    public IReadOnlyList<GroupHook> PostUninstall { get; init; } = [];
}

/// <summary>One hook of a group.</summary>
public abstract record GroupHook
{
    private GroupHook() { }

    /// <summary>A shell command.</summary>
    /// <param name="Text">The command.</param>
    /// <param name="Cwd">Its working directory.</param>
    public sealed record Command(string Text, string? Cwd) : GroupHook;

    /// <summary>A check with a message for the case that it fails.</summary>
    /// <param name="Check">The check.</param>
    /// <param name="Text">The message.</param>
    public sealed record Validate(string Check, string Text) : GroupHook;

    /// <summary>A message for people.</summary>
    /// <param name="Content">The message.</param>
    /// <param name="Level"><c>info</c>, <c>warning</c> or <c>error</c>. Default: <c>info</c>.</param>
    public sealed record Message(string Content, string Level = "info") : GroupHook;
}
