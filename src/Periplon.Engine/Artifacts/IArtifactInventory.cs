namespace Periplon.Engine.Artifacts;

/// <summary>Whose artifacts a store holds.</summary>
internal interface IArtifactInventory
{
    /// <summary>How many parts there are to look through.</summary>
    int Parts { get; }

    /// <summary>The executions that have artifacts in a part.</summary>
    IEnumerable<ArtifactFolder> List(int part);
}

/// <summary>The artifacts of an execution.</summary>
/// <param name="ExecutionId">The execution.</param>
/// <param name="ChangedAt">When something was last added.</param>
internal sealed record ArtifactFolder(Guid ExecutionId, DateTimeOffset ChangedAt);
