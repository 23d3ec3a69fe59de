using System.Collections.Immutable;
using System.Text.Json;

namespace Periplon.Core.Executions;

/// <summary>An execution as its events have made it. Immutable: <see cref="ExecutionMachine.Apply"/> returns the next one.</summary>
public sealed record ExecutionState
{
    /// <summary>The plan that is executed.</summary>
    public required ExecutionPlan Plan { get; init; }

    /// <summary>How it began: workflow, inputs, priority.</summary>
    public required ExecutionCreated Created { get; init; }

    /// <summary>Status.</summary>
    public ExecutionStatus Status { get; init; } = ExecutionStatus.Queued;

    /// <summary>Tasks that are no longer as they were at the start; see <see cref="Task"/>.</summary>
    public ImmutableDictionary<string, TaskState> Tasks { get; init; } =
        ImmutableDictionary.Create<string, TaskState>(StringComparer.Ordinal);

    /// <summary>Pending tasks whose dependencies are all settled, in the order in which they are to run.</summary>
    public required ImmutableSortedSet<TaskRank> Open { get; init; }

    /// <summary>Ready tasks: offered to workers.</summary>
    public ImmutableSortedSet<TaskRank> Ready { get; init; } = [];

    /// <summary>Running tasks.</summary>
    public ImmutableSortedSet<TaskRank> Running { get; init; } = [];

    /// <summary>Tasks that wait for a retry, by time.</summary>
    public ImmutableSortedSet<(DateTimeOffset DueAt, int Index)> Delayed { get; init; } = [];

    /// <summary>The state map.</summary>
    public ImmutableDictionary<string, JsonElement> Values { get; init; } =
        ImmutableDictionary.Create<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>Number of settled tasks.</summary>
    public int Settled { get; init; }

    /// <summary>Attempts beyond each task's first.</summary>
    public int Retries { get; init; }

    /// <summary>The first task that failed for good, without <c>continue_on_error</c>.</summary>
    public string? FirstFailure { get; init; }

    /// <summary>When somebody asked for the end.</summary>
    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Why and by whom.</summary>
    public string? CancelReason { get; init; }

    /// <summary>When the workflow's time limit was found reached.</summary>
    public DateTimeOffset? TimeLimitReachedAt { get; init; }

    /// <summary>Whether a person has paused it.</summary>
    public bool IsPaused { get; init; }

    /// <summary>When its first task started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }

    /// <summary>The workflow's outputs, once it has ended.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Outputs { get; init; }

    /// <summary>Time of the newest event.</summary>
    public DateTimeOffset LastEventAt { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool IsTerminal => Status.IsTerminal();

    /// <summary>Whether it is being brought to its end before its time: nothing new starts.</summary>
    public bool IsEnding =>
        CancelRequestedAt is not null || TimeLimitReachedAt is not null || (FirstFailure is not null && Plan.Workflow.FailFast);

    /// <summary>The state of a task, also of one that nothing has happened to.</summary>
    /// <param name="task">The task.</param>
    public TaskState Task(PlannedTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Tasks.TryGetValue(task.Path, out var state) ? state : new TaskState { OpenDependencies = task.DependsOn.Length };
    }
}

/// <summary>A task as the events have made it.</summary>
public sealed record TaskState
{
    /// <summary>Status.</summary>
    public TaskRunStatus Status { get; init; } = TaskRunStatus.Pending;

    /// <summary>Number of dependencies that are not settled.</summary>
    public int OpenDependencies { get; init; }

    /// <summary>Newest attempt, counted from 1; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>How often that attempt has been handed out.</summary>
    public int Delivery { get; init; }

    /// <summary>How many of those deliveries ended with the loss of the worker.</summary>
    public int Lost { get; init; }

    /// <summary>Worker that runs or ran the attempt.</summary>
    public string? Worker { get; init; }

    /// <summary>Token of the newest lease.</summary>
    public Guid Token { get; init; }

    /// <summary>When it became ready.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>When the newest delivery started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was settled.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When the next attempt is due, while waiting for it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>What it published.</summary>
    public TaskOutput? Output { get; init; }

    /// <summary>Why the newest attempt failed.</summary>
    public TaskFailure? Failure { get; init; }

    /// <summary>Why it was skipped or cancelled.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether it was skipped because of a failed dependency.</summary>
    public bool SkippedUpstream { get; init; }
}
