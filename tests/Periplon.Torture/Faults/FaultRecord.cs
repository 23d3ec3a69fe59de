namespace Periplon.Torture.Faults;

/// <summary>A fault, and how what it interrupted went on.</summary>
internal sealed record FaultRecord
{
    /// <summary>What was done.</summary>
    public required string Kind { get; init; }

    /// <summary>To whom.</summary>
    public required string Target { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>From when recovery counts: the fault itself where others can take over, or its end where nobody can go on before.</summary>
    public required DateTimeOffset JudgedFrom { get; init; }

    /// <summary>Longest recovery that is allowed.</summary>
    public required TimeSpan Bound { get; init; }

    /// <summary>Seconds until each interrupted execution went on.</summary>
    public required IReadOnlyList<double> Recoveries { get; init; }

    public required MachineLoad Load { get; init; }
}

/// <summary>An execution that had an attempt under way when a fault came.</summary>
internal sealed class Interrupted(Guid execution, string run)
{
    public Guid Execution => execution;

    /// <summary>The attempt, for messages.</summary>
    public string Run => run;

    /// <summary>When the engine started something for it again, or ended it.</summary>
    public DateTimeOffset? WentOnAt { get; set; }
}
