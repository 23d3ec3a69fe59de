using System.Text.Json;
using Periplon.Configuration;
using Periplon.Core.Executions;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;

namespace Periplon.Run;

/// <summary>Runs one workflow in this process, without a server.</summary>
internal interface ILocalRunner
{
    /// <summary>
    /// Runs the workflow to its end. Failures of tasks are a result, never an exception. When <paramref name="cancellationToken"/> fires,
    /// running attempts are stopped and <c>finally</c> tasks still run; <see cref="LocalRunRequest.Abort"/> ends those too.
    /// </summary>
    /// <exception cref="LocalRunException">The run cannot begin; the message is for people.</exception>
    Task<LocalRunResult> ExecuteAsync(LocalRunRequest request, IRunProgress progress, CancellationToken cancellationToken);
}

/// <summary>What <c>periplon run</c> was asked for.</summary>
internal sealed record LocalRunRequest
{
    /// <summary>The workflow, free of errors and of what this version cannot run.</summary>
    public required WorkflowDefinition Workflow { get; init; }

    /// <summary>Its text.</summary>
    public required string Text { get; init; }

    /// <summary>The texts from outside its file that it is made of.</summary>
    public WorkflowResources Resources { get; init; } = WorkflowResources.None;

    /// <summary>Its file, absolute; relative paths inside it begin at this file's directory.</summary>
    public required string File { get; init; }

    /// <summary>
    /// Values of the declared inputs, checked, defaults filled in; empty with <see cref="Resume"/>, which keeps those of the saved run.
    /// </summary>
    public required IReadOnlyDictionary<string, JsonElement> Inputs { get; init; }

    /// <summary>Directory that keeps the state of runs, absolute.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Whether the last run of this workflow that did not complete is continued.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether saved state of this workflow is deleted first.</summary>
    public bool Clean { get; init; }

    /// <summary>Settings of worker, artifacts and limits.</summary>
    public required PeriplonConfig Config { get; init; }

    /// <summary>Directory that relative paths of the configuration begin at.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether a person reads the output on a terminal that shows colours.</summary>
    public bool Colored { get; init; }

    /// <summary>Signals that are sent before the start.</summary>
    public IReadOnlyList<LocalSignal> Signals { get; init; } = [];

    /// <summary>Decisions of approvals that are made beforehand, by task.</summary>
    public IReadOnlyDictionary<string, bool> Decisions { get; init; } = new Dictionary<string, bool>();

    /// <summary>Whoever watches; null when nobody does.</summary>
    public ILocalPerson? Person { get; init; }

    /// <summary>Fires at the second Ctrl-C: end at once.</summary>
    public CancellationToken Abort { get; init; }
}

/// <summary>How a run ended.</summary>
internal sealed record LocalRunResult
{
    public required Guid ExecutionId { get; init; }
    public required ExecutionStatus Status { get; init; }
    public required TimeSpan Duration { get; init; }
    public required IReadOnlyList<LocalTaskResult> Tasks { get; init; }
    public string? Error { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? Outputs { get; init; }

    public bool Success => Status is ExecutionStatus.Completed;
}

/// <summary>How a task of a run ended.</summary>
internal sealed record LocalTaskResult(string Id, TaskRunStatus Status, int Attempts, TimeSpan? Duration, string? Error)
{
    /// <summary>
    /// Whether it is one of the tasks that the workflow's author wrote: not a hook or a notification, nor inside a subflow.
    /// </summary>
    public bool Counts { get; init; } = true;
}

/// <summary>The run cannot begin: an input is missing, the state directory cannot be written, nothing is left to resume.</summary>
internal sealed class LocalRunException(string message, IReadOnlyList<string>? details = null) : Exception(message)
{
    public IReadOnlyList<string> Details { get; } = details ?? [];
}
