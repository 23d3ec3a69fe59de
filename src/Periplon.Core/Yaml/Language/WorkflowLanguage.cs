using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>The top level of a file (reference §2).</summary>
internal static class WorkflowLanguage
{
    private static readonly IReadOnlyDictionary<string, TaskDefinition> Nothing = Map<TaskDefinition>.Empty;

    private static readonly Shape<TaskDefaults> TaskDefaultsShape = new StructShape<TaskDefaults>("Defaults", f => new TaskDefaults
    {
        OnError = f.Optional("on_error", ErrorLanguage.OnError, "Error handling of tasks without on_error."),
        Retry = f.Optional("retry", ErrorLanguage.Retry, "Retry policy of tasks without retry."),
        TimeoutSecs = f.Seconds("timeout_secs", "Timeout of tasks without one, in seconds.", "timeout"),
        WorkerTags = f.List("worker_tags", Scalars.Text, "Worker tags of tasks without any."),
        Agent = f.Text("agent", "Agent of tasks that name no execution type."),
        Env = f.Map("env", Scalars.Text, "Environment of scripts and commands, beneath their own."),
    });

    internal static readonly Shape<WorkflowDefinition> Workflow =
        new StructShape<WorkflowDefinition>("Workflow", f => new WorkflowDefinition
    {
        Name = f.Required("name", Scalars.Text, "Name of the workflow."),
        Version = f.Required("version", Scalars.Text, "Version text, free in form."),
        DslVersion = f.Or("dsl_version", Scalars.Text, "1.0.0", "Grammar version of the file."),
        Description = f.Text("description", "What the workflow is for."),
        Provider = f.Or("provider", ModelLanguage.Provider, ModelProvider.Claude, "Model provider of agents that name none."),
        Model = f.Text("model", "Model of agents that name none."),
        Cwd = f.Text("cwd", "Working directory of agents, scripts and commands that name none."),
        CreateCwd = f.Or("create_cwd", Scalars.Bool, false, "Whether cwd is created when missing."),
        Secrets = f.Map("secrets", ValueLanguage.Secret, "Secrets by name."),
        Inputs = f.Map("inputs", ValueLanguage.Input, "Declared inputs by name."),
        Outputs = f.Map("outputs", ValueLanguage.Output, "Declared outputs by name."),
        Agents = f.Map("agents", AgentLanguage.Agent, "Agents by id."),
        Tasks = f.Map("tasks", TaskLanguage.Task, "Tasks by id."),
        Workflows = f.Map("workflows", OrchestrationLanguage.Orchestration, "Orchestrations: stages and hooks."),
        TaskGroups = f.Map("task_groups", OrchestrationLanguage.TaskGroup, "Task groups by id."),
        Tools = f.Optional("tools", AgentLanguage.Tools, "Which tools agents may use."),
        Communication = f.Optional("communication", AgentLanguage.Communication, "Channels and message types between agents."),
        McpServers = f.Map("mcp_servers", AgentLanguage.McpServer, "MCP servers by id."),
        Subflows = f.Map("subflows", SubflowLanguage.Subflow, "Subflows by id."),
        Imports = f.Map("imports", Scalars.Text, "Imported task groups: namespace to group@version."),
        Notifications = f.Optional("notifications", NotificationLanguage.Defaults, "Workflow-level notifications."),
        Limits = f.Optional("limits", LimitLanguage.Limits, "Bounds on captured output and context."),
        MaxParallel = f.Or("max_parallel", Scalars.Whole(1, 10_000), 16, "How many tasks of one execution may run at the same time."),
        FailFast = f.Or("fail_fast", Scalars.Bool, false, "Whether the first failed task cancels the rest."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time an execution may take, in seconds.", "timeout"),
        Defaults = f.Optional("defaults", TaskDefaultsShape, "Values for task fields that a task leaves out."),
        OnFailure = f.Or("on_failure", TaskListShape.AsMap, Nothing, "Tasks that run after a failure."),
        Finally = f.Or("finally", TaskListShape.AsMap, Nothing, "Tasks that run at the end, whatever the outcome."),
        Concurrency = f.Optional("concurrency", ErrorLanguage.Concurrency, "How many executions may run at once, by key."),
        Labels = f.Map("labels", Scalars.Text, "Free labels, for search."),
        Env = f.List("env", Scalars.Text, "Names of environment variables that ${env.NAME} may read."),
    });
}
