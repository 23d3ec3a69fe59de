namespace Periplon.Engine.Invariants;

/// <summary>Something that never happens as long as the engine keeps its promises.</summary>
/// <param name="Name">Name of its counter, without <c>periplon_invariant_</c>.</param>
/// <param name="Meaning">What has happened when it counts.</param>
internal sealed record Invariant(string Name, string Meaning)
{
    public static readonly Invariant TerminalChanged = new("terminal_changed", "An execution that had ended recorded another event");
    public static readonly Invariant EventIgnored =
        new("event_ignored", "An event was recorded that changes nothing: its task had been settled or is not known");
    public static readonly Invariant TaskRestarted = new("task_restarted", "A task was started again after its end had been recorded");
    public static readonly Invariant TaskStartedTwice = new("task_started_twice", "A running task was given to a second worker");
    public static readonly Invariant ReportWithoutLease =
        new("report_without_lease", "A report was accepted that came with another lease than the recorded one");
    public static readonly Invariant NoWayOn =
        new("no_way_on", "An execution was left with nothing that would ever wake it");
    public static readonly Invariant NoWakeUp = new("no_wake_up", "The row of an execution that has not ended has no next wake-up");
    public static readonly Invariant PlanningFailed = new("planning_failed", "An execution was ended by a defect of the engine");
    public static readonly Invariant JournalGap = new("journal_gap", "Rows of a journal are missing");
    public static readonly Invariant DuplicateSeq = new("duplicate_seq", "A journal has two rows of one number");
    public static readonly Invariant RowDiffers =
        new("row_differs", "The row of an execution says something else than its journal");
    public static readonly Invariant LimitExceeded = new("limit_exceeded", "A place was given beyond a concurrency limit");

    public static IReadOnlyList<Invariant> All { get; } =
    [
        TerminalChanged, EventIgnored, TaskRestarted, TaskStartedTwice, ReportWithoutLease, NoWayOn, NoWakeUp, PlanningFailed, JournalGap,
        DuplicateSeq, RowDiffers, LimitExceeded,
    ];
}
