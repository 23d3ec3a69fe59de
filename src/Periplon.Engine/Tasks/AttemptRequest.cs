using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks;

/// <summary>One attempt of a task, with everything a worker needs to know.</summary>
internal sealed record AttemptRequest
{
    public required Guid ExecutionId { get; init; }
    /// <summary>Organization of the execution; together with the workflow and the task path, what a cached output belongs to.</summary>
    public string Organization { get; init; } = "";
    public Guid WorkflowId { get; init; }
    /// <summary>Subflow whose definition holds the task; null in the workflow itself.</summary>
    public string? Subflow { get; init; }
    public required string TaskPath { get; init; }
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    public required TaskDefinition Task { get; init; }
    public required WorkflowDefinition Workflow { get; init; }

    /// <summary>
    /// Values of references, by reference as written (<c>workflow.root</c>, <c>task.fetch.output</c>). Secrets and variables of the
    /// environment are not among them, nor own inputs that are made of these: the worker reads them itself.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Values { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>References to outputs whose whole texts the worker has put in the place of what the execution knows of them.</summary>
    public IReadOnlyList<string> WholeOutputs { get; init; } = [];

    /// <summary>
    /// Texts of the execution's secret inputs. They are masked by value: a task may come by them without naming the input, through its
    /// group, its loop, a file, or the execution that started this one.
    /// </summary>
    public IReadOnlyList<string> SecretTexts { get; init; } = [];

    /// <summary>Longest time of the attempt, beside the limits of the task and the workflow's defaults.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What the attempt is to do.</summary>
    public AttemptWork Work { get; init; }

    /// <summary>What was not met after the attempt before, for an agent's prompt.</summary>
    public string? Feedback { get; init; }

    /// <summary>Agent that runs the attempt instead of the task's own kind: its <c>fallback_agent</c>.</summary>
    public string? Agent { get; init; }

    /// <summary>Progress and earlier outputs, to stand before an agent's prompt.</summary>
    public string? Context { get; init; }

    /// <summary>Agent that runs the attempt; null when none does.</summary>
    public string? AgentId => Agent ?? Task.Kind switch
    {
        TaskKind.Agent => Task.Agent,
        TaskKind.None when Task.Subtasks.Count is 0 => Workflow.Defaults?.Agent,
        _ => null,
    };

    /// <summary>Directory to run in instead of the execution's own, for local runs.</summary>
    public string? Directory { get; init; }
}
