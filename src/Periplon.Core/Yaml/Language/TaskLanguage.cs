using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Tasks (reference §4, design §8).</summary>
internal static class TaskLanguage
{
    internal static readonly Shape<TaskDefinition> Task = new StructShape<TaskDefinition>("Task", f =>
    {
        var task = WithControl(f, WithFlow(f, ReadKind(f)));
        if (task is { Kind: TaskKind.Agent, Description: "" } && f.At is { } at)
        {
            at.Reading.Error(DiagnosticCodes.AgentWithoutDescription, $"{at.Name} is an agent task and needs the field 'description'.",
                at.KeyAt, at.PathOf("description"), "The description is what the agent is asked to do.");
        }

        return task;
    });

    private static readonly IReadOnlyDictionary<string, TaskDefinition> Nothing = Map<TaskDefinition>.Empty;

    /// <summary>What the task is and executes.</summary>
    private static TaskDefinition ReadKind(Fields f) => new()
    {
        Id = f.Key,
        Description = f.Or("description", Scalars.Text, "", "What the task does; the prompt of an agent task."),
        Agent = f.Text("agent", "Agent id."),
        Script = f.Optional("script", ProgramLanguage.Script, "Script to run."),
        Command = f.Optional("command", ProgramLanguage.Command, "Program to run."),
        Llm = f.Optional("llm", ModelLanguage.Llm, "Model call."),
        Http = f.Optional("http", HttpLanguage.Http, "HTTP request."),
        McpTool = f.Optional("mcp_tool", ModelLanguage.McpTool, "MCP tool call."),
        Subflow = f.Text("subflow", "Subflow id."),
        Uses = f.Text("uses", "Predefined task, name@version."),
        Embed = f.Text("embed", "Predefined task whose copy is inlined, name@version."),
        Overrides = f.OptionalValue("overrides", JsonShape.Any, "Fields that replace those of the embedded task."),
        UsesWorkflow = f.Text("uses_workflow", "Workflow of an imported group, namespace:workflow."),
        Switch = f.Optional("switch", BranchLanguage.Switch, "Multi-way branch."),
        Sleep = f.Optional("sleep", WaitLanguage.Sleep, "Durable pause: seconds, text such as 30s, or until a time."),
        WaitFor = f.Optional("wait_for", WaitLanguage.WaitFor, "Wait for a signal or webhook."),
        Approval = f.Optional("approval", WaitLanguage.Approval, "Wait for a person's decision."),
        Inputs = f.Map("inputs", JsonShape.Any, "Values of the task's own scope; strings may hold references."),
        Outputs = f.Map("outputs", ValueLanguage.Output, "Named outputs."),
        Output = f.Text("output", "File that receives the output text after success; may hold references."),
    };

    /// <summary>When it runs, and what runs around it.</summary>
    private static TaskDefinition WithFlow(Fields f, TaskDefinition task) => task with
    {
        Priority = f.Or("priority", Scalars.Count, 0, "Order among tasks that are ready: lower is earlier."),
        Subtasks = f.Or("subtasks", TaskListShape.AsList, [], "Subtasks: a list of id and task."),
        DependsOn = f.List("depends_on", Scalars.Text, "Ids of tasks that must be settled before this one starts."),
        ParallelWith = f.List("parallel_with", Scalars.Text, "Ids of tasks meant to run beside this one."),
        Condition = f.Optional("condition", ConditionLanguage.Any, "Condition under which the task runs."),
        If = f.Optional("if", ConditionLanguage.Expression, "Expression under which the task runs."),
        Loop = f.Optional("loop", LoopLanguage.Loop, "Loop over the task."),
        LoopControl = f.Optional("loop_control", LoopLanguage.Control, "Control of the loop."),
        Matrix = f.Optional("matrix", BranchLanguage.Matrix, "Cross product of values; the task runs once for each."),
        Group = f.Text("group", "Task group this task belongs to."),
        OnFailure = f.Or("on_failure", TaskListShape.AsMap, Nothing, "Tasks that run when this one failed."),
        Finally = f.Or("finally", TaskListShape.AsMap, Nothing, "Tasks that run after this one, whatever its outcome."),
    };

    /// <summary>How failures, limits and results are handled.</summary>
    private static TaskDefinition WithControl(Fields f, TaskDefinition task) => task with
    {
        OnComplete = f.Optional("on_complete", NotificationLanguage.OnComplete, "Notification on success."),
        OnError = f.Optional("on_error", ErrorLanguage.OnError, "Retries, fallback agent and notification on failure."),
        DefinitionOfDone = f.Optional("definition_of_done", DoneLanguage.Done, "Acceptance criteria."),
        InjectContext = f.Or("inject_context", Scalars.Bool, false, "Whether an agent's prompt starts with a progress summary."),
        Limits = f.Optional("limits", LimitLanguage.Limits, "Bounds on captured output and context."),
        Context = f.Optional("context", LimitLanguage.Context, "Which earlier outputs an agent sees."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time one attempt may take, in seconds.", "timeout"),
        Retry = f.Optional("retry", ErrorLanguage.Retry, "Retry policy, or the number of extra attempts; wins over on_error.retry."),
        ContinueOnError = f.Or("continue_on_error", Scalars.Bool, false, "Whether the workflow goes on when this task fails."),
        SetState = f.Map("set_state", JsonShape.Any, "Values written to the execution's state map on success."),
        Concurrency = f.Optional("concurrency", ErrorLanguage.Concurrency, "How many attempts may run at once, by key."),
        RateLimit = f.Optional("rate_limit", ErrorLanguage.RateLimit, "How many attempts may start per period, by key."),
        Cache = f.Optional("cache", ErrorLanguage.Cache, "Reuse of an earlier output."),
        Labels = f.Map("labels", Scalars.Text, "Free labels."),
        WorkerTags = f.List("worker_tags", Scalars.Text, "Tags that a worker must carry to run the task."),
    };
}
