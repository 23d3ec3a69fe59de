using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Reuse.Language;

/// <summary>Predefined tasks (reference §22.1).</summary>
internal static class TaskManifestLanguage
{
    internal static readonly Shape<AgentDefinition> AgentTemplate =
        new StructShape<AgentDefinition>("AgentTemplate", f => new AgentDefinition
    {
        Id = "",
        Description = f.Required("description", ManifestLanguage.Filled, "What the agent is asked to do; may hold ${input.NAME}."),
        Provider = f.OptionalValue("provider", ModelLanguage.Provider, "Provider; none means the workflow's."),
        Model = f.Text("model", "Model; none means the workflow's."),
        SystemPrompt = f.Text("system_prompt", "System prompt; may hold ${input.NAME}."),
        Tools = f.List("tools", Tool, "Names of tools the agent may use."),
        Permissions = f.Or("permissions", Permissions, new PermissionsDefinition(), "What the agent may do."),
        MaxTurns = f.OptionalValue("max_turns", Scalars.Count, "Most turns of one task."),
    });

    private static readonly Shape<InputDefinition> Rules = new StructShape<InputDefinition>("InputValidation", f => new InputDefinition
    {
        Type = "",
        Pattern = f.Text("pattern", "Regular expression that a string must match somewhere."),
        Min = f.OptionalValue("min", Scalars.Number, "Smallest number."),
        Max = f.OptionalValue("max", Scalars.Number, "Largest number."),
        MinLength = f.OptionalValue("min_length", Scalars.Count, "Fewest characters or items."),
        MaxLength = f.OptionalValue("max_length", Scalars.Count, "Most characters or items."),
        Enum = f.List("allowed_values", JsonShape.Any, "Allowed values.", "enum"),
    });

    internal static readonly Shape<PredefinedInput> Input = new StructShape<PredefinedInput>("PredefinedInput", f =>
    {
        var type = f.Required("type", Type, "string, number, boolean, object, array or secret.");
        var isRequired = f.Or("required", Scalars.Bool, false, "Whether a value must be given.");
        var preset = f.OptionalValue("default", JsonShape.Any, "Value used when none is given.");
        var description = f.Text("description", "What the input means.");
        var rules = f.Optional("validation", Rules, "Rules for the value.") ?? new InputDefinition { Type = "" };
        var source = f.Text("source", "Text that is the value when none is given, such as ${env.TOKEN}.");
        var definition = rules with
        {
            Type = type,
            Required = isRequired,
            Default = preset is { ValueKind: JsonValueKind.Null } ? null : preset,
            Description = description,
            Secret = type == InputTypes.Secret,
        };
        return new PredefinedInput(definition, source);
    });

    private static readonly Shape<TaskDependency> Dependency = new StructShape<TaskDependency>("TaskDependency", f => new TaskDependency(
        f.Required("name", ManifestLanguage.Name, "Name of the predefined task."),
        f.Required("version", ManifestLanguage.Constraint, "Which versions will do."),
        f.Or("optional", Scalars.Bool, false, "Whether it may be missing.")));

    private static readonly Shape<TaskExample> Example = new StructShape<TaskExample>("TaskExample", f => new TaskExample(
        f.Required("name", Scalars.Text, "Name of the example."),
        f.Text("description", "What it shows."),
        f.Required("inputs", new MapShape<JsonElement>(JsonShape.Any), "Values of inputs.")));

    private static readonly Shape<(AgentDefinition Agent, JsonElement Json)> Template = new CustomShape<(AgentDefinition, JsonElement)>(
        at => (AgentTemplate.Read(at), JsonShape.Any.Read(at)), AgentTemplate.Describe);

    private static readonly Shape<PredefinedTaskManifest> Spec = new StructShape<PredefinedTaskManifest>("PredefinedTaskSpec", f =>
    {
        var (agent, json) = f.Required("agent_template", Template, "The agent that does the task.");
        return new PredefinedTaskManifest
        {
            Metadata = null!,
            AgentTemplate = agent,
            AgentTemplateJson = json,
            Inputs = f.Map("inputs", Input, "Declared inputs by name."),
            Outputs = f.Map("outputs", ValueLanguage.Output, "Declared outputs by name."),
            Dependencies = f.List("dependencies", Dependency, "Predefined tasks that must be there too."),
            Examples = f.List("examples", Example, "Examples of use."),
        };
    });

    internal static readonly Shape<PredefinedTaskManifest> Task = new StructShape<PredefinedTaskManifest>("PredefinedTask", f =>
    {
        ManifestLanguage.ReadHeader(f, "task/v1", "PredefinedTask");
        var metadata = f.Required("metadata", ManifestLanguage.Metadata, "What the task says about itself.");
        var spec = f.Required("spec", Spec, "What the task is.");
        return spec is null ? null! : spec with { Metadata = metadata };
    });

    private static Shape<string> Type => ManifestLanguage.Checked(Scalars.Text, ReuseCodes.InputTypeUnknown, type =>
        InputTypes.All.Contains(type) ? null : $"must be one of {string.Join(", ", InputTypes.All)}");

    private static Shape<string> Tool => ManifestLanguage.Checked(Scalars.Text, ReuseCodes.ToolUnknown, tool =>
        Validation.AgentRules.Tools.Contains(tool)
            ? null
            : $"must be one of {string.Join(", ", Validation.AgentRules.Tools.Order(StringComparer.Ordinal))}");

    internal static Shape<PermissionsDefinition> Permissions => ManifestLanguage.Checked(
        AgentLanguage.Permissions, ReuseCodes.PermissionModeUnknown, permissions =>
        Validation.AgentRules.PermissionModes.Contains(permissions.Mode)
            ? null
            : $"has the mode '{permissions.Mode}', but must have one of "
                + string.Join(", ", Validation.AgentRules.PermissionModes.Order(StringComparer.Ordinal)));
}
