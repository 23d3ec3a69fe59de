using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Orchestrations, stages, hooks and task groups (reference §13, §23).</summary>
internal static class OrchestrationLanguage
{
    private static readonly Shape<HookCommand> Hook = new ByKindShape<HookCommand>(
        Scalars.Text.As(command => new HookCommand(command)),
        null,
        new StructShape<HookCommand>("Hook", f => new HookCommand(
            f.Required("command", Scalars.Text, "Text for sh -c."),
            f.Text("description", "What it does."))));

    private static readonly Shape<HooksDefinition> Hooks = new StructShape<HooksDefinition>("Hooks", f => new HooksDefinition
    {
        PreWorkflow = f.List("pre_workflow", Hook, "Commands before any task."),
        PostWorkflow = f.List("post_workflow", Hook, "Commands after the tasks, on success and failure."),
        OnStageComplete = f.List("on_stage_complete", Hook, "Commands after each stage."),
        OnError = f.List("on_error", Hook, "Commands after a failed execution."),
    });

    private static readonly Shape<string> ExecutionMode = Choice.Of("sequential", "parallel", "auto");

    private static readonly Shape<bool> StageMode = new ChoiceShape<bool>(("sequential", false), ("parallel", true));

    private static readonly Shape<StageDefinition> Stage = new StructShape<StageDefinition>("Stage", f => new StageDefinition
    {
        Stage = f.Required("stage", Scalars.Text, "Stage name."),
        Agents = f.List("agents", Scalars.Text, "Agents of the stage."),
        Tasks = f.Or("tasks", TaskListShape.AsList, [], "Tasks in order: a list of id and task."),
        DependsOn = f.List("depends_on", Scalars.Text, "Stages that must be done before."),
        Parallel = f.Or("mode", StageMode, false, "Whether the tasks run one after the other or at the same time."),
    });

    internal static readonly Shape<OrchestrationDefinition> Orchestration = new StructShape<OrchestrationDefinition>("Orchestration", f =>
        new OrchestrationDefinition
        {
            Id = f.Key,
            Description = f.Or("description", Scalars.Text, "", "What it does."),
            Steps = f.List("steps", Stage, "Stages in order."),
            Hooks = f.Optional("hooks", Hooks, "Commands around the execution."),
            Tasks = f.List("tasks", Scalars.Text, "Top-level task ids, instead of stages."),
            ExecutionMode = f.Optional("execution_mode", ExecutionMode, "How the tasks run."),
        });

    internal static readonly Shape<TaskGroupDefinition> TaskGroup =
        new StructShape<TaskGroupDefinition>("TaskGroup", f => new TaskGroupDefinition
    {
        Id = f.Key,
        Description = f.Text("description", "What it does."),
        ExecutionMode = f.Or("execution_mode", ExecutionMode, "auto", "How the tasks run."),
        Tasks = f.List("tasks", Scalars.Text, "Task ids."),
        Groups = f.List("groups", Scalars.Text, "Ids of groups inside this one."),
        Parent = f.Text("parent", "Id of the group around this one."),
        DependsOn = f.List("depends_on", Scalars.Text, "Ids of groups or tasks that must be done before."),
        OnError = f.Or("on_error", Choice.Of("stop", "continue", "rollback"), "stop", "What a failed task does to the group."),
        MaxConcurrency = f.OptionalValue("max_concurrency", Scalars.Count, "How many tasks at the same time."),
        TimeoutSecs = f.Seconds("timeout", "Longest time of the group, in seconds.", "timeout_secs"),
        Inputs = f.Map("inputs", JsonShape.Any, "Values of the group's scope."),
        Outputs = f.Map("outputs", ValueLanguage.Output, "Named outputs."),
        Condition = f.Text("condition", "Condition as text."),
    });
}
