namespace Periplon.Core.Schedules;

/// <summary>What the planner needs to know of a schedule.</summary>
/// <param name="Id">The schedule.</param>
/// <param name="Rule">When it ticks.</param>
/// <param name="Overlap">What a tick does while a run before it is active.</param>
/// <param name="Missed">What becomes of ticks that were due while nothing could fire them.</param>
/// <param name="MissedWindow">Age up to which they fire under <see cref="MissedPolicy.All"/>.</param>
/// <param name="Jitter">Longest delay of a tick.</param>
/// <param name="Grace">How late a tick may be and still count as on time: what a fail-over takes is no reason to skip.</param>
public sealed record ScheduleSettings(
    Guid Id, TickRule Rule, OverlapPolicy Overlap, MissedPolicy Missed, TimeSpan MissedWindow, TimeSpan Jitter, TimeSpan Grace);

/// <summary>The runs of a schedule that have not ended.</summary>
/// <param name="Active">Whether one was started, or is about to be.</param>
/// <param name="Waiting">Whether one waits for another's end.</param>
public readonly record struct RunsUnderWay(bool Active, bool Waiting);

/// <summary>What is to be done now, and when to ask again.</summary>
/// <param name="Decisions">One for each tick that is due, in order.</param>
/// <param name="NextTick">The first tick that is not decided; null when there is none any more.</param>
/// <param name="NextFireAt">When that one fires; it may be due already when many were.</param>
public sealed record SchedulePlan(IReadOnlyList<TickDecision> Decisions, DateTimeOffset? NextTick, DateTimeOffset? NextFireAt);

/// <summary>What becomes of a tick.</summary>
/// <param name="Tick">The tick.</param>
/// <param name="Action">What becomes of it.</param>
/// <param name="Reason">Why it is skipped or waits; null when it starts.</param>
/// <param name="Ticks">How many ticks this stands for: more than one where many in a row were missed.</param>
public sealed record TickDecision(DateTimeOffset Tick, TickAction Action, string? Reason = null, int Ticks = 1)
{
    /// <summary>Whether the runs before it are cancelled first.</summary>
    public bool CancelsOlder { get; init; }
}

/// <summary>What may become of a tick.</summary>
public enum TickAction
{
    /// <summary>An execution starts.</summary>
    Start,
    /// <summary>One starts when the run before has ended.</summary>
    Wait,
    /// <summary>None starts.</summary>
    Skip,
}
