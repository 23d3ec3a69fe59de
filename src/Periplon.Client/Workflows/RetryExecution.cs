namespace Periplon.Client.Workflows;

/// <summary>A request to retry an ended execution.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.RetryExecution")]
public sealed record RetryExecution
{
    /// <summary>Value of <see cref="Revision"/> for the revision that the ended execution ran.</summary>
    public const int SameRevision = 0;

    /// <summary>Value of <see cref="Revision"/> for the newest one.</summary>
    public const int LatestRevision = -1;

    /// <summary>Id of the new execution, chosen by the caller so that a repeated call cannot start two.</summary>
    [Id(0)] public required Guid ExecutionId { get; init; }
    /// <summary>Organization.</summary>
    [Id(1)] public required string Organization { get; init; }
    /// <summary>The ended execution.</summary>
    [Id(2)] public required Guid RetryOf { get; init; }
    /// <summary>Task that runs again with everything that depends on it; null for none beyond what did not end well.</summary>
    [Id(3)] public string? FromTask { get; init; }
    /// <summary>Whether everything runs again. Default: false.</summary>
    [Id(4)] public bool FromStart { get; init; }
    /// <summary>Input values that take the place of the old ones: a JSON object in UTF-8; empty for none.</summary>
    [Id(5)] public ReadOnlyMemory<byte> Inputs { get; init; }
    /// <summary>Revision to run: a number, <see cref="SameRevision"/> or <see cref="LatestRevision"/>. Default: the same.</summary>
    [Id(6)] public int Revision { get; init; }
    /// <summary>Who asks.</summary>
    [Id(7)] public string? TriggeredBy { get; init; }
}
