using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Runs attempts of one kind of task. One implementation per <see cref="TaskKind"/>, all held to the same conformance tests.
/// </summary>
internal interface ITaskRunner
{
    /// <summary>The kind it runs.</summary>
    TaskKind Kind { get; }

    /// <summary>
    /// Runs one attempt to its end. Expected failures are outcomes, never exceptions. When <paramref name="cancellationToken"/> fires the
    /// runner stops what it started, children included, and returns <see cref="TaskOutcome.Cancelled"/>. The attempt's own time limit
    /// (<see cref="TaskContext.Timeout"/>) is the runner's to keep.
    /// </summary>
    Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken);
}

/// <summary>What a runner gets to know about an attempt.</summary>
internal sealed record TaskContext
{
    public required Guid ExecutionId { get; init; }
    public required string TaskPath { get; init; }
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    public required TaskDefinition Task { get; init; }
    public required WorkflowDefinition Workflow { get; init; }
    /// <summary>Fills references into texts of the task; see <see cref="ITaskTexts"/>.</summary>
    public required ITaskTexts Texts { get; init; }
    /// <summary>Receives captured lines as they come.</summary>
    public required ITaskLog Log { get; init; }
    /// <summary>
    /// Directory of the execution's own, where attempts without a working directory run. It exists from <see cref="EnsureDirectory"/> on:
    /// most tasks that start no process need none.
    /// </summary>
    public required string Directory { get; init; }
    /// <summary>Longest time of the attempt; null means no limit.</summary>
    public TimeSpan? Timeout { get; init; }
    /// <summary>Bounds on captured output.</summary>
    public required LimitsDefinition Limits { get; init; }
    /// <summary>Agent that runs the attempt; null when none does.</summary>
    public string? AgentId { get; init; }
    /// <summary>What was not met after the attempt before, for an agent's prompt.</summary>
    public string? Feedback { get; init; }
    /// <summary>Progress and earlier outputs, to stand before an agent's prompt.</summary>
    public string? Progress { get; init; }

    /// <summary>The definition of <see cref="AgentId"/>; null when there is no such agent.</summary>
    public AgentDefinition? Agent => AgentId is null ? null : Workflow.Agents.GetValueOrDefault(AgentId);

    /// <summary>Stable key of the attempt, the same for every delivery of it: <c>{execution}/{task}/{attempt}</c>.</summary>
    public string AttemptKey => $"{ExecutionId}/{TaskPath}/{Attempt}";

    /// <summary>The <see cref="Directory"/>, which exists from now on.</summary>
    public string EnsureDirectory() => System.IO.Directory.CreateDirectory(Directory).FullName;
}

/// <summary>Fills references into a task's texts, secrets included.</summary>
internal interface ITaskTexts
{
    /// <summary>Text of scripts and commands: an unknown reference stays as it is, because shells use the same form.</summary>
    string Lenient(string text);

    /// <summary>Text that a model reads: an unknown reference stays as it is, everything else is filled in as in any other text.</summary>
    string Prompt(string text);

    /// <summary>Any other text.</summary>
    /// <exception cref="Core.Templates.TemplateException">A reference cannot be resolved.</exception>
    string Strict(string text);

    /// <summary>The strings of a value, filled in strictly; one that is a single reference keeps the type of its value.</summary>
    /// <exception cref="Core.Templates.TemplateException">A reference cannot be resolved.</exception>
    JsonElement Strict(JsonElement value);

    /// <summary>Replaces secret values, also in usual transformations of them, wherever text leaves the engine.</summary>
    string Mask(string text);

    /// <summary>Whether there is anything to mask.</summary>
    bool HasSecrets => true;

    /// <summary>Where to cut a text at the latest, so that no secret value is torn into parts that would no longer be recognised.</summary>
    /// <param name="text">The text, with some of what follows the cut.</param>
    /// <param name="cut">Where it has to be cut at the latest.</param>
    int SafeCut(string text, int cut) => cut;
}

/// <summary>Takes captured lines of an attempt. Never blocks for long; lines beyond the limits are dropped and counted.</summary>
internal interface ITaskLog
{
    /// <summary>Adds one line, without its line break, already masked.</summary>
    /// <param name="stream"><c>stdout</c>, <c>stderr</c> or <c>engine</c>.</param>
    /// <param name="line">The line.</param>
    void Write(string stream, string line);

    /// <summary>Adds one line that is meant for people, which a local run shows at once; elsewhere it is a line like any other.</summary>
    /// <param name="line">The line, without its line break, already masked.</param>
    void Announce(string line) => Write("stdout", line);
}
