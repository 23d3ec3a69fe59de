using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Reuse.Language;

/// <summary>Task groups (reference §22.6).</summary>
internal static class GroupLanguage
{
    private static readonly Shape<GroupTask> Task = new StructShape<GroupTask>("GroupTask", f => new GroupTask(
        f.Required("name", ManifestLanguage.Name, "Name of the predefined task."),
        f.Required("version", ManifestLanguage.Constraint, "Which versions will do."),
        f.Or("required", Scalars.Bool, true, "Whether the group is of no use without it."),
        f.Text("description", "What it does in the group.")));

    private static readonly Shape<SharedConfig> Shared = new StructShape<SharedConfig>("SharedConfig", f => new SharedConfig
    {
        Inputs = f.Map("inputs", ValueLanguage.Input, "Inputs for tasks that do not declare them themselves."),
        Permissions = f.Optional("permissions", TaskManifestLanguage.Permissions, "Permissions of tasks whose mode is default."),
        Environment = f.Map("environment", ManifestLanguage.Filled, "Environment of the group's scripts and commands."),
        MaxTurns = f.OptionalValue("max_turns", Scalars.Whole(1, int.MaxValue), "Most turns of tasks that say nothing themselves."),
    });

    private static readonly Shape<GroupWorkflow> Workflow = new StructShape<GroupWorkflow>("GroupWorkflow", f => new GroupWorkflow
    {
        Name = f.Required("name", ManifestLanguage.Name, "Name within the group."),
        Description = f.Text("description", "What it does."),
        Tasks = f.Required("tasks", TaskListShape.AsMap, "Tasks by id."),
        Agents = f.Map("agents", AgentLanguage.Agent, "Agents by id, for tasks that name one."),
        Inputs = f.Map("inputs", ValueLanguage.Input, "Declared inputs."),
        Outputs = f.Map("outputs", ValueLanguage.Output, "Outputs by name."),
    });

    private static readonly Shape<GroupHook> Hook = new UnionShape<GroupHook>("GroupHook", "type",
        ("command", f => new GroupHook.Command(
            f.Required("command", ManifestLanguage.Filled, "Shell command."),
            f.Text("cwd", "Its working directory."))),
        ("validate", f => new GroupHook.Validate(
            f.Required("check", ManifestLanguage.Filled, "The check."),
            f.Required("message", ManifestLanguage.Filled, "Message for the case that it fails."))),
        ("message", f => new GroupHook.Message(
            f.Required("content", ManifestLanguage.Filled, "Message for people."),
            f.Or("level", Choice.Of("info", "warning", "error"), "info", "How bad it is."))));

    private static readonly Shape<GroupHooks> Hooks = new StructShape<GroupHooks>("GroupHooks", f => new GroupHooks
    {
        PostInstall = f.List("post_install", Hook, "After installation."),
        PreUse = f.List("pre_use", Hook, "Before use."),
        PostUninstall = f.List("post_uninstall", Hook, "After removal."),
    });

    private static readonly Shape<TaskGroupManifest> Spec = new StructShape<TaskGroupManifest>("TaskGroupSpec", f => new TaskGroupManifest
    {
        Metadata = null!,
        Tasks = f.List("tasks", Task, "The tasks of the group."),
        SharedConfig = f.Optional("shared_config", Shared, "What all its tasks share."),
        Workflows = f.List("workflows", Workflow, "Workflows that uses_workflow may name."),
        Dependencies = f.List("dependencies", ManifestLanguage.Dependency, "Other groups that must be there too."),
        Hooks = f.Or("hooks", Hooks, new GroupHooks(), "What is to be done around the installation; shown, never run."),
    });

    internal static readonly Shape<TaskGroupManifest> Group = new StructShape<TaskGroupManifest>("TaskGroupFile", f =>
    {
        ManifestLanguage.ReadHeader(f, "taskgroup/v1", "TaskGroup");
        var metadata = f.Required("metadata", ManifestLanguage.Metadata, "What the group says about itself.");
        var spec = f.Required("spec", Spec, "What the group is.");
        return spec is null ? null! : spec with { Metadata = metadata };
    });
}
