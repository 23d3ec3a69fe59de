using System.Text.Json;
using Periplon.Core.Conditions;

namespace Periplon.Core.Workflows;

/// <summary>One named unit of a workflow (reference §4, design §8).</summary>
public sealed record TaskDefinition
{
    /// <summary>Id within its map; a subtask's full path is <c>parent.child</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What the task does; the prompt of an agent task. Empty when left out.</summary>
    public string Description { get; init; } = "";

    /// <summary>Agent id, for agent tasks.</summary>
    public string? Agent { get; init; }

    /// <summary>Script to run.</summary>
    public ScriptDefinition? Script { get; init; }

    /// <summary>Program to run.</summary>
    public CommandDefinition? Command { get; init; }

    /// <summary>Model call.</summary>
    public LlmDefinition? Llm { get; init; }

    /// <summary>HTTP request.</summary>
    public HttpDefinition? Http { get; init; }

    /// <summary>MCP tool call.</summary>
    public McpToolDefinition? McpTool { get; init; }

    /// <summary>Subflow id.</summary>
    public string? Subflow { get; init; }

    /// <summary>Predefined task, <c>name@version</c>.</summary>
    public string? Uses { get; init; }

    /// <summary>Predefined task whose copy is inlined, <c>name@version</c>.</summary>
    public string? Embed { get; init; }

    /// <summary>Fields that replace those of the embedded task.</summary>
    public JsonElement? Overrides { get; init; }

    /// <summary>Workflow of an imported group, <c>namespace:workflow</c>.</summary>
    public string? UsesWorkflow { get; init; }

    /// <summary>Values of the task's own scope, by name; strings may hold references.</summary>
    public IReadOnlyDictionary<string, JsonElement> Inputs { get; init; } = Map<JsonElement>.Empty;

    /// <summary>Named outputs.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;

    /// <summary>Order among tasks that are ready: lower is earlier. Default: 0.</summary>
    public int Priority { get; init; }

    /// <summary>
    /// Subtasks in declaration order. One with nothing but its id (written as a bare name) stands for the top-level task of that name.
    /// </summary>
    public IReadOnlyList<TaskDefinition> Subtasks { get; init; } = [];

    /// <summary>Ids of tasks that must be settled before this one starts.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Ids of tasks meant to run beside this one: a hint that never overrides <see cref="DependsOn"/>.</summary>
    public IReadOnlyList<string> ParallelWith { get; init; } = [];

    /// <summary>File that receives the output text after success; may hold references.</summary>
    public string? Output { get; init; }

    /// <summary>Notification on success.</summary>
    public NotificationSpec? OnComplete { get; init; }

    /// <summary>
    /// The message that the task sends. No key of the language: the plan makes such tasks of <c>on_complete</c>, <c>on_error.notify</c> and
    /// the workflow's <c>notifications</c>.
    /// </summary>
    public NotificationSpec? Notify { get; init; }

    /// <summary>Error handling of reference §8.</summary>
    public ErrorHandlingDefinition? OnError { get; init; }

    /// <summary>Structured condition.</summary>
    public Condition? Condition { get; init; }

    /// <summary>Condition as an expression (<c>if:</c>).</summary>
    public string? If { get; init; }

    /// <summary>Acceptance criteria.</summary>
    public DefinitionOfDone? DefinitionOfDone { get; init; }

    /// <summary>Loop over the task.</summary>
    public LoopDefinition? Loop { get; init; }

    /// <summary>Control of the loop.</summary>
    public LoopControl? LoopControl { get; init; }

    /// <summary>Whether an agent's prompt starts with a progress summary. Default: false.</summary>
    public bool InjectContext { get; init; }

    /// <summary>Bounds on captured output and context.</summary>
    public LimitsDefinition? Limits { get; init; }

    /// <summary>Which earlier outputs an agent sees.</summary>
    public ContextDefinition? Context { get; init; }

    /// <summary>Task group this task belongs to (reference §23).</summary>
    public string? Group { get; init; }

    /// <summary>Longest time one attempt may take, in seconds.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Retry policy; wins over <c>on_error.retry</c>.</summary>
    public RetryDefinition? Retry { get; init; }

    /// <summary>Whether the workflow goes on as if this task had succeeded when it fails. Default: false.</summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Tasks that run when this one failed.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> OnFailure { get; init; } = Map<TaskDefinition>.Empty;

    /// <summary>Tasks that run after this one, whatever its outcome.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Finally { get; init; } = Map<TaskDefinition>.Empty;

    /// <summary>Multi-way branch.</summary>
    public SwitchDefinition? Switch { get; init; }

    /// <summary>Cross product of values; the task runs once for each.</summary>
    public MatrixDefinition? Matrix { get; init; }

    /// <summary>Durable pause, in seconds or until a time.</summary>
    public SleepDefinition? Sleep { get; init; }

    /// <summary>Wait for a signal or webhook.</summary>
    public WaitForDefinition? WaitFor { get; init; }

    /// <summary>Wait for a person's decision.</summary>
    public ApprovalDefinition? Approval { get; init; }

    /// <summary>Values written to the execution's state map on success.</summary>
    public IReadOnlyDictionary<string, JsonElement> SetState { get; init; } = Map<JsonElement>.Empty;

    /// <summary>How many attempts may run at once, by key.</summary>
    public ConcurrencyDefinition? Concurrency { get; init; }

    /// <summary>How many attempts may start per period, by key.</summary>
    public RateLimitDefinition? RateLimit { get; init; }

    /// <summary>Reuse of an earlier output.</summary>
    public CacheDefinition? Cache { get; init; }

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = Map<string>.Empty;

    /// <summary>Tags that a worker must carry to run the task.</summary>
    public IReadOnlyList<string> WorkerTags { get; init; } = [];

    /// <summary>What the task executes; <see cref="TaskKind.None"/> for a grouping task.</summary>
    public TaskKind Kind =>
        Script is not null ? TaskKind.Script
        : Command is not null ? TaskKind.Command
        : Http is not null ? TaskKind.Http
        : Llm is not null ? TaskKind.Llm
        : McpTool is not null ? TaskKind.McpTool
        : Subflow is not null ? TaskKind.Subflow
        : Uses is not null ? TaskKind.Uses
        : Embed is not null ? TaskKind.Embed
        : UsesWorkflow is not null ? TaskKind.UsesWorkflow
        : Switch is not null ? TaskKind.Switch
        : Sleep is not null ? TaskKind.Sleep
        : WaitFor is not null ? TaskKind.WaitFor
        : Approval is not null ? TaskKind.Approval
        : Notify is not null ? TaskKind.Notify
        : Agent is not null ? TaskKind.Agent
        : TaskKind.None;
}

/// <summary>What a task executes.</summary>
public enum TaskKind
{
    /// <summary>Nothing of its own: a group of subtasks.</summary>
    None,
    /// <summary>Source text run by an interpreter.</summary>
    Script,
    /// <summary>A program.</summary>
    Command,
    /// <summary>An HTTP request.</summary>
    Http,
    /// <summary>One call of a language model.</summary>
    Llm,
    /// <summary>A tool of an MCP server.</summary>
    McpTool,
    /// <summary>An agent with tools.</summary>
    Agent,
    /// <summary>Another workflow, declared under <c>subflows</c>.</summary>
    Subflow,
    /// <summary>A predefined task, by reference.</summary>
    Uses,
    /// <summary>A predefined task, inlined.</summary>
    Embed,
    /// <summary>A workflow of an imported group.</summary>
    UsesWorkflow,
    /// <summary>A multi-way branch.</summary>
    Switch,
    /// <summary>A durable pause.</summary>
    Sleep,
    /// <summary>A wait for a signal or webhook.</summary>
    WaitFor,
    /// <summary>A wait for a person's decision.</summary>
    Approval,
    /// <summary>A message to people, made by the plan.</summary>
    Notify,
}
