namespace Periplon.Engine.Doctor;

/// <summary>How much a finding matters.</summary>
internal enum FindingSeverity
{
    /// <summary>Worth knowing; nothing is wrong yet.</summary>
    Notice,

    /// <summary>It costs space or time, or may become an error.</summary>
    Warning,

    /// <summary>A promise is broken: something is stuck, lost or false.</summary>
    Error,
}

/// <summary>Something that is not as it should be.</summary>
internal sealed record Finding
{
    /// <summary>What kind of thing was found, such as <c>row_differs</c>; never changes, so that scripts can ask for it.</summary>
    public required string Code { get; init; }

    public required FindingSeverity Severity { get; init; }

    /// <summary>Where, such as <c>execution ID</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Whose it is; null for what belongs to all.</summary>
    public string? Organization { get; init; }

    /// <summary>What was found and what should be there.</summary>
    public required string Found { get; init; }

    /// <summary>Why it matters.</summary>
    public required string Matters { get; init; }

    /// <summary>What a repair does, or what a person can do when there is none.</summary>
    public required string Advice { get; init; }

    /// <summary>Mends it; null when only a person can.</summary>
    public Mend? Mend { get; init; }
}

/// <summary>
/// A repair. It looks again under a lock before it changes anything, because the engine goes on meanwhile.
/// </summary>
/// <param name="session">An open transaction.</param>
/// <param name="cancellationToken">Undoes it.</param>
/// <returns>What was changed, or null when there is nothing to mend any more.</returns>
internal delegate Task<Mended?> Mend(RepairSession session, CancellationToken cancellationToken);

/// <summary>What a repair has changed.</summary>
/// <param name="Before">How it was, as JSON.</param>
/// <param name="After">How it is now, as JSON.</param>
internal sealed record Mended(string? Before, string? After);

/// <summary>A finding and what became of it.</summary>
/// <param name="Check">The check that found it.</param>
/// <param name="Finding">The finding.</param>
/// <param name="Outcome">Null when no repair was asked for.</param>
internal sealed record Examined(string Check, Finding Finding, RepairOutcome? Outcome);

/// <summary>What came of a repair.</summary>
internal enum RepairOutcome
{
    Repaired,

    /// <summary>It had mended itself.</summary>
    Gone,

    /// <summary>Only a person can mend it.</summary>
    NotPossible,

    Failed,
}
