namespace Periplon.Engine.Schedules;

/// <summary>What became of one tick of a schedule.</summary>
internal sealed record ScheduleRun
{
    public required Guid ScheduleId { get; init; }
    /// <summary>The tick; the time of the request where a person started the run.</summary>
    public required DateTimeOffset Tick { get; init; }
    public required int Shard { get; init; }
    public RunKind Kind { get; init; }
    public required RunStatus Status { get; init; }
    /// <summary>Whether it waits for the end of the run before.</summary>
    public bool Waits { get; init; }
    /// <summary>Whether older runs are cancelled before it starts.</summary>
    public bool CancelsOlder { get; init; }
    /// <summary>How many ticks it stands for.</summary>
    public int Ticks { get; init; } = 1;
    public int Priority { get; init; }
    /// <summary>The execution, which exists once the run is running; null when none was started.</summary>
    public Guid? ExecutionId { get; init; }
    public Guid? BackfillId { get; init; }
    /// <summary>Why it was skipped, waits or failed.</summary>
    public string? Reason { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
}

/// <summary>What made a run.</summary>
internal enum RunKind
{
    /// <summary>A tick that was due.</summary>
    Tick,
    /// <summary>A person.</summary>
    Manual,
    /// <summary>The filling of a range.</summary>
    Backfill,
}

/// <summary>Status of a run.</summary>
internal enum RunStatus
{
    /// <summary>Its execution is about to start, or waits for the run before.</summary>
    Scheduled,
    /// <summary>Its execution has started.</summary>
    Running,
    /// <summary>Its execution has completed.</summary>
    Completed,
    /// <summary>Its execution could not be started, or ended in another way.</summary>
    Failed,
    /// <summary>No execution was started.</summary>
    Skipped,
}

/// <summary>The words of the database and the API.</summary>
internal static class RunWords
{
    public static IReadOnlyList<string> Statuses { get; } = [.. Enum.GetValues<RunStatus>().Select(ToWord)];

    public static string ToWord(this RunStatus status) => status.ToString().ToLowerInvariant();

    public static string ToWord(this RunKind kind) => kind.ToString().ToLowerInvariant();

    public static string ToWord(this BackfillStatus status) => status.ToString().ToLowerInvariant();
}

/// <summary>A run that has not ended, and whether its execution has.</summary>
internal sealed record ActiveRun(Guid ScheduleId, DateTimeOffset Tick, Guid ExecutionId, bool Waits, bool HasEnded);

/// <summary>The decision about ticks of a schedule: who makes it first has made it.</summary>
/// <param name="Before">The row on which it was made.</param>
/// <param name="After">The row with its next tick after those that are decided.</param>
/// <param name="Runs">What becomes of the ticks.</param>
internal sealed record ScheduleClaim(ScheduleRow Before, ScheduleRow After, IReadOnlyList<ScheduleRun> Runs);

/// <summary>What was stored of claims: the schedules that moved on, and the runs that nobody had made before.</summary>
internal sealed record ScheduleClaimed(IReadOnlySet<Guid> Schedules, IReadOnlySet<(Guid Schedule, DateTimeOffset Tick)> Runs)
{
    public static ScheduleClaimed Nothing { get; } = new(new HashSet<Guid>(), new HashSet<(Guid, DateTimeOffset)>());
}

/// <summary>Which runs that nobody starts are wanted.</summary>
/// <param name="Shard">Of which shard.</param>
/// <param name="After">Schedules with ids behind this one.</param>
/// <param name="Before">Made before it.</param>
/// <param name="Now">The time.</param>
/// <param name="Passed">Executions that are left out.</param>
/// <param name="OfSchedule">Most runs of one schedule.</param>
/// <param name="Limit">Most runs.</param>
internal sealed record ForgottenQuery(
    int Shard, Guid After, DateTimeOffset Before, DateTimeOffset Now, IReadOnlyCollection<Guid> Passed, int OfSchedule, int Limit);

/// <summary>What became of the start of a scheduled run. With a reason it was refused.</summary>
internal sealed record RunMark(ScheduleRun Run, DateTimeOffset At, string? Refusal);

/// <summary>A range of ticks to be filled where they have no run.</summary>
internal sealed record ScheduleBackfill
{
    public required Guid Id { get; init; }
    public required Guid ScheduleId { get; init; }
    public required string Organization { get; init; }
    public required int Shard { get; init; }
    public required DateTimeOffset FromAt { get; init; }
    public required DateTimeOffset ToAt { get; init; }
    /// <summary>Ticks before it were looked at.</summary>
    public required DateTimeOffset NextAt { get; init; }
    public required int MaxParallel { get; init; }
    public required int Priority { get; init; }
    public BackfillStatus Status { get; init; }
    /// <summary>Gaps that were counted when it was made.</summary>
    public int Total { get; init; }
    /// <summary>Runs it has made.</summary>
    public int Started { get; init; }
    /// <summary>Ticks that had a run.</summary>
    public int Passed { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public string? CreatedBy { get; init; }
}

/// <summary>Status of a backfill.</summary>
internal enum BackfillStatus
{
    Running,
    Completed,
    Cancelled,
}

/// <summary>How the runs of a backfill stand.</summary>
internal sealed record BackfillCounts(int Active, int Completed, int Failed);
