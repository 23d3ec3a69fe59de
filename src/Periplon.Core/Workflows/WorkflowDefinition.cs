using System.Text.Json;

namespace Periplon.Core.Workflows;

/// <summary>
/// A workflow as it was written: the parsed, immutable value of one file (reference §2). Maps keep their declaration order.
/// </summary>
public sealed record WorkflowDefinition
{
    /// <summary>Name of the workflow.</summary>
    public required string Name { get; init; }

    /// <summary>Version text, free in form (<c>1.0</c>, <c>2026-11</c>).</summary>
    public required string Version { get; init; }

    /// <summary>Grammar version of the file. Default: <c>1.0.0</c>.</summary>
    public string DslVersion { get; init; } = "1.0.0";

    /// <summary>What the workflow is for.</summary>
    public string? Description { get; init; }

    /// <summary>Model provider of agents that name none. Default: <see cref="ModelProvider.Claude"/>.</summary>
    public ModelProvider Provider { get; init; } = ModelProvider.Claude;

    /// <summary>Model of agents that name none.</summary>
    public string? Model { get; init; }

    /// <summary>Working directory of agents, scripts and commands that name none; may hold references.</summary>
    public string? Cwd { get; init; }

    /// <summary>Whether <see cref="Cwd"/> is created when missing. Default: false.</summary>
    public bool CreateCwd { get; init; }

    /// <summary>Secrets by name.</summary>
    public IReadOnlyDictionary<string, SecretDefinition> Secrets { get; init; } = Map<SecretDefinition>.Empty;

    /// <summary>Declared inputs by name.</summary>
    public IReadOnlyDictionary<string, InputDefinition> Inputs { get; init; } = Map<InputDefinition>.Empty;

    /// <summary>Declared outputs by name.</summary>
    public IReadOnlyDictionary<string, OutputDefinition> Outputs { get; init; } = Map<OutputDefinition>.Empty;

    /// <summary>Agents by id.</summary>
    public IReadOnlyDictionary<string, AgentDefinition> Agents { get; init; } = Map<AgentDefinition>.Empty;

    /// <summary>Top-level tasks by id.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Tasks { get; init; } = Map<TaskDefinition>.Empty;

    /// <summary>Orchestrations (stages and hooks) by id.</summary>
    public IReadOnlyDictionary<string, OrchestrationDefinition> Workflows { get; init; } = Map<OrchestrationDefinition>.Empty;

    /// <summary>Task groups by id (reference §23).</summary>
    public IReadOnlyDictionary<string, TaskGroupDefinition> TaskGroups { get; init; } = Map<TaskGroupDefinition>.Empty;

    /// <summary>Which tools agents may use.</summary>
    public ToolsDefinition? Tools { get; init; }

    /// <summary>Channels and message types between agents.</summary>
    public CommunicationDefinition? Communication { get; init; }

    /// <summary>MCP servers by id.</summary>
    public IReadOnlyDictionary<string, McpServerDefinition> McpServers { get; init; } = Map<McpServerDefinition>.Empty;

    /// <summary>Subflows by id.</summary>
    public IReadOnlyDictionary<string, SubflowDefinition> Subflows { get; init; } = Map<SubflowDefinition>.Empty;

    /// <summary>Imported task groups: namespace to <c>group@version</c>.</summary>
    public IReadOnlyDictionary<string, string> Imports { get; init; } = Map<string>.Empty;

    /// <summary>Workflow-level notifications.</summary>
    public NotificationDefaults? Notifications { get; init; }

    /// <summary>Bounds on captured output and context.</summary>
    public LimitsDefinition? Limits { get; init; }

    /// <summary>How many tasks of one execution may run at the same time. Default: 16.</summary>
    public int MaxParallel { get; init; } = 16;

    /// <summary>Whether the first failed task cancels the rest. Default: false.</summary>
    public bool FailFast { get; init; }

    /// <summary>Longest time an execution may take, in seconds; none means no bound.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>
    /// Values for task fields that a task leaves out (<c>retry</c>, <c>timeout_secs</c>, <c>on_error</c>, <c>worker_tags</c> …).
    /// </summary>
    public TaskDefaults? Defaults { get; init; }

    /// <summary>Tasks that run after a failure.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> OnFailure { get; init; } = Map<TaskDefinition>.Empty;

    /// <summary>Tasks that run at the end, whatever the outcome.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Finally { get; init; } = Map<TaskDefinition>.Empty;

    /// <summary>How many executions may run at once, by key.</summary>
    public ConcurrencyDefinition? Concurrency { get; init; }

    /// <summary>Free labels, for search.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = Map<string>.Empty;

    /// <summary>Names of environment variables of the server that <c>${env.NAME}</c> may read, beside the configured ones.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Where each node stands in the file.</summary>
    public SourceMap Source { get; init; } = SourceMap.Empty;
}

/// <summary>Values that tasks take when they say nothing themselves.</summary>
public sealed record TaskDefaults
{
    /// <summary>Error handling of tasks without <c>on_error</c>.</summary>
    public ErrorHandlingDefinition? OnError { get; init; }

    /// <summary>Retry policy of tasks without <c>retry</c>.</summary>
    public RetryDefinition? Retry { get; init; }

    /// <summary>Timeout of tasks without one, in seconds.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Worker tags of tasks without any.</summary>
    public IReadOnlyList<string> WorkerTags { get; init; } = [];

    /// <summary>Agent of tasks that name no execution type.</summary>
    public string? Agent { get; init; }

    /// <summary>Environment of scripts and commands, beneath their own.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = Map<string>.Empty;
}

/// <summary>A declared input of a workflow, agent, subflow or predefined task (reference §2.1).</summary>
public sealed record InputDefinition
{
    /// <summary>
    /// Type name: <c>string</c>, <c>number</c>, <c>integer</c>, <c>boolean</c>, <c>object</c>, <c>array</c> or <c>secret</c>.
    /// </summary>
    public required string Type { get; init; }

    /// <summary>Whether a value must be given. Default: false.</summary>
    public bool Required { get; init; }

    /// <summary>Value used when none is given.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>What the input means.</summary>
    public string? Description { get; init; }

    /// <summary>Allowed values; empty means any.</summary>
    public IReadOnlyList<JsonElement> Enum { get; init; } = [];

    /// <summary>Regular expression that a string must match somewhere.</summary>
    public string? Pattern { get; init; }

    /// <summary>Smallest number.</summary>
    public double? Min { get; init; }

    /// <summary>Largest number.</summary>
    public double? Max { get; init; }

    /// <summary>Fewest characters or items.</summary>
    public int? MinLength { get; init; }

    /// <summary>Most characters or items.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether the value is masked wherever text leaves the engine. Default: false.</summary>
    public bool Secret { get; init; }
}

/// <summary>A declared output: a source, or a value with references (reference §2.1, §23).</summary>
public sealed record OutputDefinition
{
    /// <summary>Where the value comes from; null when <see cref="Value"/> is given.</summary>
    public OutputSource? Source { get; init; }

    /// <summary>A value or text with references (the shorthand <c>name: "${…}"</c>).</summary>
    public JsonElement? Value { get; init; }

    /// <summary>What the output means.</summary>
    public string? Description { get; init; }

    /// <summary>Type name, as inputs have them; text is read as a value of it. None leaves values as they are.</summary>
    public string? Type { get; init; }
}

/// <summary>Where an output's value comes from.</summary>
public abstract record OutputSource
{
    private OutputSource() { }

    /// <summary>The content of a file.</summary>
    /// <param name="Path">Path, may hold references.</param>
    public sealed record File(string Path) : OutputSource;

    /// <summary>A value of the execution's state map.</summary>
    /// <param name="Key">Key in the map.</param>
    public sealed record State(string Key) : OutputSource;

    /// <summary>The output text of a task.</summary>
    /// <param name="Task">Task id.</param>
    public sealed record TaskOutput(string Task) : OutputSource;
}

/// <summary>A declared secret.</summary>
/// <param name="Source">Where its value is read.</param>
/// <param name="Description">What it is for.</param>
public sealed record SecretDefinition(SecretSource Source, string? Description = null);

/// <summary>Where a secret's value is read, on the worker that uses it.</summary>
public abstract record SecretSource
{
    private SecretSource() { }

    /// <summary>An environment variable of the worker.</summary>
    /// <param name="Var">Name of the variable.</param>
    public sealed record Env(string Var) : SecretSource;

    /// <summary>A file of the worker; a trailing line break is dropped.</summary>
    /// <param name="Path">Path of the file.</param>
    public sealed record File(string Path) : SecretSource;

    /// <summary>The value itself, in the workflow file.</summary>
    /// <param name="Text">The value.</param>
    public sealed record Value(string Text) : SecretSource;
}

/// <summary>The empty map of a type.</summary>
internal static class Map<T>
{
    internal static readonly IReadOnlyDictionary<string, T> Empty = new Dictionary<string, T>(0);
}
