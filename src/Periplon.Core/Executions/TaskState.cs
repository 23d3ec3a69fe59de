using System.Collections.Immutable;
using System.Text.Json;
using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

/// <summary>A task as the events have made it.</summary>
public sealed record TaskState
{
    /// <summary>Which task.</summary>
    public required TaskInstance Instance { get; init; }

    /// <summary>Status. A task that is done by others is running from when it was entered until it is settled.</summary>
    public TaskRunStatus Status { get; init; } = TaskRunStatus.Pending;

    /// <summary>Number of dependencies that are not settled.</summary>
    public int OpenDependencies { get; init; }

    /// <summary>Number of the phase it is in; −1 before the first.</summary>
    public int Phase { get; init; } = -1;

    /// <summary>What a worker does for it.</summary>
    public AttemptWork Work { get; init; }

    /// <summary>Newest attempt, counted from 1; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>Attempts of earlier rounds of the task around it, which count for keys but not for retries.</summary>
    public int EarlierAttempts { get; init; }

    /// <summary>How many attempts did not meet the definition of done.</summary>
    public int Unmet { get; init; }

    /// <summary>Agent that runs the attempts from now on: the fallback.</summary>
    public string? Agent { get; init; }

    /// <summary>How often the newest attempt has been handed out.</summary>
    public int Delivery { get; init; }

    /// <summary>How many of those deliveries ended with the loss of the worker.</summary>
    public int Lost { get; init; }

    /// <summary>Worker that runs or ran the attempt.</summary>
    public string? Worker { get; init; }

    /// <summary>Token of the newest lease.</summary>
    public Guid Token { get; init; }

    /// <summary>When it became ready.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>When the newest delivery started, or the task was entered.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was settled.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When the next attempt or iteration is due, or a wait ends.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When the task as a whole is out of time.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }

    /// <summary>What it waits for; null when it does not.</summary>
    public TaskWait? Wait { get; init; }

    /// <summary>Limits it has been granted and holds until it is settled.</summary>
    public LimitKinds Granted { get; init; }

    /// <summary>The wait by which it got its place under its concurrency limit: the key, and since when it asked.</summary>
    public TaskWait? Place { get; init; }

    /// <summary>What it published.</summary>
    public TaskOutput? Output { get; init; }

    /// <summary>Why the newest attempt failed.</summary>
    public TaskFailure? Failure { get; init; }

    /// <summary>Why it was skipped or cancelled.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether it was skipped because of a failed dependency.</summary>
    public bool SkippedUpstream { get; init; }

    /// <summary>Whether it ended as it did in the execution that this one retries, without running.</summary>
    public bool IsKept { get; init; }

    /// <summary>The case that it chose, for a switch; null for its default.</summary>
    public string? Case { get; init; }

    /// <summary>How its own work ended, while its handlers run.</summary>
    public TaskRunStatus? Ended { get; init; }

    /// <summary>The task of its <c>finally</c> that failed, once a later phase has begun.</summary>
    public string? HandlerFailed { get; init; }

    /// <summary>The tasks of the phase it is in.</summary>
    public BlockState? Block { get; init; }

    /// <summary>Its iterations.</summary>
    public LoopState? Loop { get; init; }

    /// <summary>Since it is being stopped: when its worker or child execution is waited for no longer.</summary>
    public DateTimeOffset? GivesUpAt { get; init; }

    /// <summary>Why it is being stopped, with everything inside it.</summary>
    public TaskStop? Stop { get; init; }

    /// <summary>The task of its <c>finally</c> that failed.</summary>
    internal string? FailedHandler =>
        HandlerFailed
        ?? (Phase >= 0 && Instance.Planned.Phases[Phase].Kind is PhaseKind.Finally ? Block?.FirstFailed : null);

    /// <summary>How it has ended as far as that is known, while its handlers run: a failed <c>finally</c> fails it.</summary>
    internal TaskRunStatus? EndedSoFar => Ended is not null && FailedHandler is not null ? TaskRunStatus.Failed : Ended;

    /// <summary>How many attempts count against its retries: those of this round that ran well enough to be judged do not.</summary>
    internal int CountedAttempt => Attempt - EarlierAttempts - Unmet;
}

/// <summary>What a task waits for, other than a worker.</summary>
/// <param name="Kind">Which kind of thing.</param>
/// <param name="Name">Its name: of the signal, the key of the limit, the subflow.</param>
/// <param name="Child">The child execution.</param>
/// <param name="Inputs">Inputs of the child execution.</param>
/// <param name="At">Since when.</param>
public sealed record TaskWait(
    WaitKind Kind, string? Name = null, Guid? Child = null, IReadOnlyDictionary<string, JsonElement>? Inputs = null,
    DateTimeOffset At = default)
{
    /// <summary>The signals it is for; null when it is for none.</summary>
    internal string? Slot => Kind is WaitKind.Signal or WaitKind.Webhook ? SignalReceived.SlotOf(Kind, Name) : null;
}

/// <summary>A task that is being stopped.</summary>
/// <param name="Phase">Phases up to this one are stopped; later ones still run.</param>
/// <param name="At">Since when.</param>
/// <param name="Reason">Why.</param>
/// <param name="Failure">How the task has failed thereby; null when it counts as cancelled.</param>
/// <param name="Skip">That a person skips it; null when it counts as cancelled or failed.</param>
public sealed record TaskStop(int Phase, DateTimeOffset At, string Reason, TaskFailure? Failure, TaskSkip? Skip = null);

/// <summary>Tasks of a phase that is under way.</summary>
public sealed record BlockState
{
    /// <summary>What is planned.</summary>
    public required PlannedBlock Planned { get; init; }

    /// <summary>The tasks, in the order of the plan.</summary>
    public required ImmutableArray<TaskInstance> Tasks { get; init; }

    /// <summary>How many are not settled.</summary>
    public int Unsettled { get; init; }

    /// <summary>How many are open or further and not settled, for the block's own bound.</summary>
    public int Active { get; init; }

    /// <summary>Tasks that could be open but for the bound.</summary>
    public ImmutableSortedSet<TaskRank> Held { get; init; } = [];

    /// <summary>Path of the first that failed, those with <c>continue_on_error</c> aside.</summary>
    public string? FirstFailed { get; init; }
}

/// <summary>Iterations of a loop that is under way.</summary>
public sealed record LoopState
{
    /// <summary>The items: an array; undefined for loops that only count.</summary>
    public JsonElement Items { get; init; }

    /// <summary>The items one by one: an array in JSON is searched from its beginning.</summary>
    internal ImmutableArray<JsonElement> ItemList { get; init; } = [];

    /// <summary>How many iterations there are at most.</summary>
    public required int Count { get; init; }

    /// <summary>How many may be under way at the same time.</summary>
    public required int Parallel { get; init; }

    /// <summary>Number of the next iteration.</summary>
    public int Next { get; init; }

    /// <summary>Iterations under way.</summary>
    public ImmutableSortedSet<int> Active { get; init; } = [];

    /// <summary>Iterations that ran to their end, the skipped ones aside.</summary>
    public int Done { get; init; }

    /// <summary>Iterations that failed.</summary>
    public int Failed { get; init; }

    /// <summary>The first that failed.</summary>
    public string? FirstFailed { get; init; }

    /// <summary>Iterations that have been settled since the loop last went on.</summary>
    public ImmutableList<int> Unjudged { get; init; } = [];

    /// <summary>Whether the delay after the newest iteration is over or there is none.</summary>
    public bool HasWaited { get; init; } = true;

    /// <summary>Why no further iteration begins.</summary>
    public string? Ended { get; init; }

    /// <summary>Whether another iteration may begin.</summary>
    internal bool MayGoOn => Ended is null && Next < Count;
}

/// <summary>What a task may wait for.</summary>
public enum WaitKind
{
    /// <summary>A time (<c>sleep</c>).</summary>
    Time,
    /// <summary>A signal.</summary>
    Signal,
    /// <summary>A webhook.</summary>
    Webhook,
    /// <summary>A person's decision.</summary>
    Approval,
    /// <summary>The end of a child execution.</summary>
    Child,
    /// <summary>A place under a concurrency limit.</summary>
    Concurrency,
    /// <summary>Its turn under a rate limit.</summary>
    Rate,
}

/// <summary>Limits that a task has been granted.</summary>
[Flags]
public enum LimitKinds
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>A place under its concurrency limit.</summary>
    Concurrency = 1,
    /// <summary>A start under its rate limit.</summary>
    Rate = 2,
}
