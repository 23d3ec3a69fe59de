using System.Collections.Immutable;
using System.Text.Json;
using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

/// <summary>An execution as its events have made it. Immutable: <see cref="ExecutionMachine.Apply"/> returns the next one.</summary>
public sealed partial record ExecutionState
{
    /// <summary>The plan that is executed.</summary>
    public required ExecutionPlan Plan { get; init; }

    /// <summary>How it began: workflow, inputs, priority; revision and inputs are those that it was moved to last.</summary>
    public required ExecutionCreated Created { get; init; }

    /// <summary>Status.</summary>
    public ExecutionStatus Status { get; init; } = ExecutionStatus.Queued;

    /// <summary>All tasks that have come into being, by path; the workflow itself has the empty path.</summary>
    public ImmutableDictionary<string, TaskState> Tasks { get; init; } =
        ImmutableDictionary.Create<string, TaskState>(StringComparer.Ordinal);

    /// <summary>Number of the next task that comes into being.</summary>
    public long NextNumber { get; init; }

    /// <summary>Pending tasks with nothing before them that need one of the parallel places, in the order of their ranks.</summary>
    public ImmutableSortedSet<TaskRank> Open { get; init; } = [];

    /// <summary>Pending tasks with nothing before them that need no such place.</summary>
    public ImmutableSortedSet<TaskRank> OpenOthers { get; init; } = [];

    /// <summary>Ready tasks: offered to workers.</summary>
    public ImmutableSortedSet<TaskRank> Ready { get; init; } = [];

    /// <summary>Tasks that workers run.</summary>
    public ImmutableSortedSet<TaskRank> Running { get; init; } = [];

    /// <summary>Tasks that wait for something other than a worker or a retry.</summary>
    public ImmutableSortedSet<TaskRank> Waiting { get; init; } = [];

    /// <summary>Tasks that wait for a signal or webhook, by its kind and name.</summary>
    public ImmutableDictionary<string, ImmutableSortedSet<TaskRank>> Awaiting { get; init; } =
        ImmutableDictionary.Create<string, ImmutableSortedSet<TaskRank>>(StringComparer.Ordinal);

    /// <summary>Tasks whose next step is to be decided: their block has ended, or their loop can go on.</summary>
    public ImmutableSortedSet<TaskRank> Undecided { get; init; } = [];

    /// <summary>Tasks that are being stopped and not settled.</summary>
    public ImmutableSortedSet<TaskRank> Stopping { get; init; } = [];

    /// <summary>Tasks that wait for a retry, by time.</summary>
    public ImmutableSortedSet<TaskTimer> Delayed { get; init; } = [];

    /// <summary>
    /// Tasks that others do and that have a time limit or are being stopped, by the time at which they are waited for no longer.
    /// </summary>
    public ImmutableSortedSet<TaskTimer> Overdue { get; init; } = [];

    /// <summary>All else that is due at a time: waits, delays of loops, deadlines.</summary>
    public ImmutableSortedSet<TaskTimer> Timers { get; init; } = [];

    /// <summary>Tasks that wait for a task outside their block, by the path of that task.</summary>
    public ImmutableDictionary<string, ImmutableList<string>> Dependents { get; init; } =
        ImmutableDictionary.Create<string, ImmutableList<string>>(StringComparer.Ordinal);

    /// <summary>Signals nobody has waited for yet, by kind and name, oldest first.</summary>
    public ImmutableDictionary<string, ImmutableList<SignalReceived>> Signals { get; init; } =
        ImmutableDictionary.Create<string, ImmutableList<SignalReceived>>(StringComparer.Ordinal);

    /// <summary>Keys of the signals that have come.</summary>
    public ImmutableHashSet<string> SignalKeys { get; init; } = ImmutableHashSet.Create<string>(StringComparer.Ordinal);

    /// <summary>The state map.</summary>
    public ImmutableDictionary<string, JsonElement> Values { get; init; } =
        ImmutableDictionary.Create<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>Tasks that will end as they did in the execution that this one retries, by path.</summary>
    public ImmutableDictionary<string, KeptTask> Kept { get; init; } = ImmutableDictionary.Create<string, KeptTask>(StringComparer.Ordinal);

    /// <summary>Number of settled tasks.</summary>
    public int Settled { get; init; }

    /// <summary>Attempts beyond each task's first.</summary>
    public int Retries { get; init; }

    /// <summary>The first task of the workflow's own work that failed for good, without <c>continue_on_error</c>.</summary>
    public string? FirstFailure { get; init; }

    /// <summary>When somebody asked for the end.</summary>
    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Why and by whom.</summary>
    public string? CancelReason { get; init; }

    /// <summary>Whether the end was asked for without handlers and hooks.</summary>
    public bool IsKilled { get; init; }

    /// <summary>When the workflow's time limit was found reached.</summary>
    public DateTimeOffset? TimeLimitReachedAt { get; init; }

    /// <summary>Whether a person has paused it.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Whether the pause holds: nothing begins. Once the end is asked for it no longer does, so that handlers can run.</summary>
    public bool IsHeld => IsPaused && !IsEnding;

    /// <summary>Whether a task has come into being again, for another round of the work around it.</summary>
    public bool HasRepeats { get; init; }

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

    /// <summary>Whether its own work is being brought to its end before its time: nothing new of it starts.</summary>
    public bool IsEnding =>
        CancelRequestedAt is not null || TimeLimitReachedAt is not null || (FirstFailure is not null && Plan.Workflow.FailFast);

    /// <summary>The workflow itself, as the task that holds all others.</summary>
    public TaskState Root => Tasks[""];
}
