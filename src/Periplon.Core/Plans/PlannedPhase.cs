using System.Collections.Immutable;

namespace Periplon.Core.Plans;

/// <summary>What a phase of a task is for.</summary>
public enum PhaseKind
{
    /// <summary>Hooks before the work; a failure ends the task at once.</summary>
    Before,
    /// <summary>The task's own work.</summary>
    Own,
    /// <summary><c>on_failure</c>: after a failure.</summary>
    OnFailure,
    /// <summary><c>finally</c>: whatever the outcome; a failure fails the task.</summary>
    Finally,
    /// <summary>Hooks and notifications after the work; their failures change nothing.</summary>
    After,
}

/// <summary>One phase of a task.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Block">Its tasks; null when the phase is work of the task itself.</param>
/// <param name="When">After which outcomes of the own work it runs.</param>
public sealed record PlannedPhase(PhaseKind Kind, PlannedBlock? Block, PhaseCondition When = PhaseCondition.Always)
{
    /// <summary>Own work that is not done by tasks of a block.</summary>
    public static PlannedPhase OwnWork { get; } = new(PhaseKind.Own, null);

    /// <summary>Whether it runs on when what is around the task is stopped, so that things get cleaned up.</summary>
    public bool IsProtected => Kind is PhaseKind.OnFailure or PhaseKind.Finally or PhaseKind.After;
}

/// <summary>After which outcomes a phase runs.</summary>
public enum PhaseCondition
{
    /// <summary>After all.</summary>
    Always,
    /// <summary>After success.</summary>
    Success,
    /// <summary>After a failure or the time limit.</summary>
    Failure,
}

/// <summary>Tasks that begin together and are ordered by their dependencies.</summary>
/// <param name="Tasks">The tasks, in declaration order.</param>
/// <param name="MaxParallel">How many of them may be under way at the same time; null means no bound of its own.</param>
/// <param name="StopsAtFailure">Whether the first failure stops the others.</param>
/// <param name="IgnoresFailures">Whether failures inside do not fail the task around it.</param>
public sealed record PlannedBlock(
    ImmutableArray<PlannedTask> Tasks, int? MaxParallel = null, bool StopsAtFailure = false, bool IgnoresFailures = false);
