using System.Text.Json;

namespace Periplon.Core.Workflows;

/// <summary>An agent (reference §3).</summary>
public sealed record AgentDefinition
{
    /// <summary>Id within <c>agents</c>.</summary>
    public required string Id { get; init; }
    /// <summary>What the agent is for; part of its system prompt.</summary>
    public string Description { get; init; } = "";
    /// <summary>Provider; none means the workflow's.</summary>
    public ModelProvider? Provider { get; init; }
    /// <summary>Model; none means the workflow's.</summary>
    public string? Model { get; init; }
    /// <summary>System prompt; may hold references.</summary>
    public string? SystemPrompt { get; init; }
    /// <summary>Working directory; none means the workflow's.</summary>
    public string? Cwd { get; init; }
    /// <summary>Whether the directory is created when missing; none means the workflow's.</summary>
    public bool? CreateCwd { get; init; }
    /// <summary>Declared inputs.</summary>
    public IReadOnlyDictionary<string, InputDefinition> Inputs { get; init; } = Map<InputDefinition>.Empty;
    /// <summary>Declared outputs.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;
    /// <summary>Names of tools the agent may use.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];
    /// <summary>What the agent may do.</summary>
    public PermissionsDefinition Permissions { get; init; } = new();
    /// <summary>Most turns of one task.</summary>
    public int? MaxTurns { get; init; }
}

/// <summary>What an agent may do.</summary>
/// <param name="Mode"><c>default</c>, <c>acceptEdits</c>, <c>plan</c> or <c>bypassPermissions</c>. Default: <c>default</c>.</param>
/// <param name="AllowedDirectories">Directories beside the working directory.</param>
/// <param name="MaxTurns">Most turns, where a file puts them here (reference §23).</param>
public sealed record PermissionsDefinition(string Mode = "default", IReadOnlyList<string>? AllowedDirectories = null, int? MaxTurns = null);

/// <summary>A subflow: inline tasks or a source (reference §12).</summary>
public sealed record SubflowDefinition
{
    /// <summary>Id within <c>subflows</c>.</summary>
    public required string Id { get; init; }
    /// <summary>What it does.</summary>
    public string? Description { get; init; }
    /// <summary>Where the definition is; none means inline.</summary>
    public SubflowSource? Source { get; init; }
    /// <summary>Agents of an inline definition.</summary>
    public IReadOnlyDictionary<string, AgentDefinition> Agents { get; init; } = Map<AgentDefinition>.Empty;
    /// <summary>Tasks of an inline definition.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Tasks { get; init; } = Map<TaskDefinition>.Empty;
    /// <summary>Declared inputs.</summary>
    public IReadOnlyDictionary<string, InputDefinition> Inputs { get; init; } = Map<InputDefinition>.Empty;
    /// <summary>Declared outputs.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;
    /// <summary>What only a whole file can declare; null until a source is expanded, and for inline definitions.</summary>
    public SubflowFile? File { get; init; }
}

/// <summary>Parts of a subflow that come with the file of its source. An inline definition has none of them.</summary>
public sealed record SubflowFile
{
    /// <summary>Orchestrations by id.</summary>
    public IReadOnlyDictionary<string, OrchestrationDefinition> Workflows { get; init; } = Map<OrchestrationDefinition>.Empty;
    /// <summary>Task groups by id.</summary>
    public IReadOnlyDictionary<string, TaskGroupDefinition> TaskGroups { get; init; } = Map<TaskGroupDefinition>.Empty;
    /// <summary>MCP servers by id.</summary>
    public IReadOnlyDictionary<string, McpServerDefinition> McpServers { get; init; } = Map<McpServerDefinition>.Empty;
    /// <summary>Values for task fields that a task leaves out.</summary>
    public TaskDefaults? Defaults { get; init; }
    /// <summary>Tasks that run after a failure.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> OnFailure { get; init; } = Map<TaskDefinition>.Empty;
    /// <summary>Tasks that run at the end, whatever the outcome.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Finally { get; init; } = Map<TaskDefinition>.Empty;
    /// <summary>Whether the first failed task cancels the rest.</summary>
    public bool FailFast { get; init; }
    /// <summary>Longest time an execution may take, in seconds; none means no bound.</summary>
    public double? TimeoutSecs { get; init; }
    /// <summary>How many of it may run at once; null also where a caller could wait for the place that it holds itself.</summary>
    public ConcurrencyDefinition? Concurrency { get; init; }
}

/// <summary>Where a subflow's definition is.</summary>
public abstract record SubflowSource
{
    private SubflowSource() { }

    /// <summary>A file, relative to the file that names it.</summary>
    /// <param name="Path">Path.</param>
    public sealed record File(string Path) : SubflowSource;

    /// <summary>A file of a git repository.</summary>
    /// <param name="Url">Repository.</param>
    /// <param name="Path">Path inside it.</param>
    /// <param name="Reference">Branch, tag or commit.</param>
    public sealed record Git(string Url, string Path, string? Reference) : SubflowSource;

    /// <summary>A document on a web server.</summary>
    /// <param name="Url">Address.</param>
    /// <param name="Checksum"><c>sha256:</c> and hexadecimal digits.</param>
    public sealed record Http(string Url, string? Checksum) : SubflowSource;
}

/// <summary>An orchestration: stages and hooks (reference §13).</summary>
public sealed record OrchestrationDefinition
{
    /// <summary>Id within <c>workflows</c>.</summary>
    public required string Id { get; init; }
    /// <summary>What it does.</summary>
    public string Description { get; init; } = "";
    /// <summary>Stages in order.</summary>
    public IReadOnlyList<StageDefinition> Steps { get; init; } = [];
    /// <summary>Commands around the execution.</summary>
    public HooksDefinition? Hooks { get; init; }
    /// <summary>Top-level task ids, in files that list them instead of stages (reference §23).</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];
    /// <summary><c>sequential</c>, <c>parallel</c> or <c>auto</c>, beside <see cref="Tasks"/>.</summary>
    public string? ExecutionMode { get; init; }
}

/// <summary>One stage.</summary>
public sealed record StageDefinition
{
    /// <summary>Stage name.</summary>
    public required string Stage { get; init; }
    /// <summary>Agents of the stage.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];
    /// <summary>Tasks in order. One with nothing but its id (written as a bare name) stands for the top-level task of that name.</summary>
    public IReadOnlyList<TaskDefinition> Tasks { get; init; } = [];
    /// <summary>Stages that must be done before.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];
    /// <summary>Whether the tasks run at the same time. Default: false.</summary>
    public bool Parallel { get; init; }
}

/// <summary>Commands around an execution.</summary>
public sealed record HooksDefinition
{
    /// <summary>Before any task.</summary>
    public IReadOnlyList<HookCommand> PreWorkflow { get; init; } = [];
    /// <summary>After the tasks, on success and failure.</summary>
    public IReadOnlyList<HookCommand> PostWorkflow { get; init; } = [];
    /// <summary>After each stage.</summary>
    public IReadOnlyList<HookCommand> OnStageComplete { get; init; } = [];
    /// <summary>After a failed execution.</summary>
    public IReadOnlyList<HookCommand> OnError { get; init; } = [];
}

/// <summary>A shell command of a hook.</summary>
/// <param name="Command">Text for <c>sh -c</c>.</param>
/// <param name="Description">What it does.</param>
public sealed record HookCommand(string Command, string? Description = null);

/// <summary>A task group (reference §23).</summary>
public sealed record TaskGroupDefinition
{
    /// <summary>Id within <c>task_groups</c>.</summary>
    public required string Id { get; init; }
    /// <summary>What it does.</summary>
    public string? Description { get; init; }
    /// <summary><c>sequential</c>, <c>parallel</c> or <c>auto</c>. Default: <c>auto</c>.</summary>
    public string ExecutionMode { get; init; } = "auto";
    /// <summary>Task ids.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];
    /// <summary>Ids of groups inside this one.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
    /// <summary>Id of the group around this one.</summary>
    public string? Parent { get; init; }
    /// <summary>Ids of groups or tasks that must be done before.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];
    /// <summary><c>stop</c>, <c>continue</c> or <c>rollback</c>. Default: <c>stop</c>.</summary>
    public string OnError { get; init; } = "stop";
    /// <summary>How many tasks at the same time.</summary>
    public int? MaxConcurrency { get; init; }
    /// <summary>Longest time of the group, in seconds.</summary>
    public double? TimeoutSecs { get; init; }
    /// <summary>Values of the group's scope.</summary>
    public IReadOnlyDictionary<string, JsonElement> Inputs { get; init; } = Map<JsonElement>.Empty;
    /// <summary>Named outputs.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;
    /// <summary>Condition as text, such as <c>${group.a.score} &gt;= ${workflow.min}</c>.</summary>
    public string? Condition { get; init; }
}

/// <summary>Which tools agents may use (reference §15).</summary>
public sealed record ToolsDefinition
{
    /// <summary>Allowed tools; empty means all.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];
    /// <summary>Forbidden tools.</summary>
    public IReadOnlyList<string> Disallowed { get; init; } = [];
    /// <summary>Bounds by tool.</summary>
    public IReadOnlyDictionary<string, ToolConstraints> Constraints { get; init; } = Map<ToolConstraints>.Empty;
}

/// <summary>Bounds on one tool.</summary>
public sealed record ToolConstraints
{
    /// <summary>Longest time of a call, in milliseconds.</summary>
    public long? Timeout { get; init; }
    /// <summary>Commands that may be run.</summary>
    public IReadOnlyList<string> AllowedCommands { get; init; } = [];
    /// <summary>Largest file, in bytes.</summary>
    public long? MaxFileSize { get; init; }
    /// <summary>File extensions that may be touched.</summary>
    public IReadOnlyList<string> AllowedExtensions { get; init; } = [];
    /// <summary>Calls per minute.</summary>
    public int? RateLimit { get; init; }
}

/// <summary>Channels and message types between agents (reference §15).</summary>
public sealed record CommunicationDefinition
{
    /// <summary>Channels by name.</summary>
    public IReadOnlyDictionary<string, ChannelDefinition> Channels { get; init; } = Map<ChannelDefinition>.Empty;
    /// <summary>JSON schemas by message type.</summary>
    public IReadOnlyDictionary<string, JsonElement> MessageTypes { get; init; } = Map<JsonElement>.Empty;
}

/// <summary>A channel between agents.</summary>
/// <param name="Description">What it is for.</param>
/// <param name="Participants">Agent ids.</param>
/// <param name="MessageFormat">Form of the messages.</param>
public sealed record ChannelDefinition(string Description, IReadOnlyList<string> Participants, string MessageFormat);

/// <summary>An MCP server (reference §15).</summary>
public sealed record McpServerDefinition
{
    /// <summary>Transport: <c>stdio</c>, <c>http</c> or <c>sse</c>.</summary>
    public required string Type { get; init; }
    /// <summary>Program of a <c>stdio</c> server.</summary>
    public string? Command { get; init; }
    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];
    /// <summary>Its environment.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = Map<string>.Empty;
    /// <summary>Address of a remote server.</summary>
    public string? Url { get; init; }
    /// <summary>Request headers for it.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = Map<string>.Empty;
}
