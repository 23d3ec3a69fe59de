using Periplon.Core.Executions;
using Periplon.Client.Workflows;

namespace Periplon.Client.Executions;

/// <summary>What the workflow's grain hands to a new execution.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.CreateExecution")]
public sealed record CreateExecution
{
    /// <summary>The request, inputs checked and defaults filled in.</summary>
    [Id(0)] public required StartExecution Start { get; init; }
    /// <summary>Workflow id.</summary>
    [Id(1)] public required Guid WorkflowId { get; init; }
    /// <summary>Pinned revision.</summary>
    [Id(2)] public required int Revision { get; init; }
    /// <summary>SHA-256 of what was asked, before defaults were filled in; null from a silo of an earlier version.</summary>
    [Id(3)] public string? RequestHash { get; init; }
    /// <summary>Subflow of the revision that is to be executed; null for the workflow itself.</summary>
    [Id(4)] public string? Subflow { get; init; }
    /// <summary>Task of the parent execution that waits for this one.</summary>
    [Id(5)] public string? ParentTask { get; init; }
    /// <summary>How many executions are above this one.</summary>
    [Id(6)] public int Depth { get; init; }
    /// <summary>Names of inputs whose values hold secrets of the parent; null for none.</summary>
    [Id(7)] public IReadOnlyList<string>? SecretInputs { get; init; }
    /// <summary>The ended execution that this one retries; null when it retries none.</summary>
    [Id(8)] public Guid? RetryOf { get; init; }
    /// <summary>Tasks that end as they did there: a JSON array in UTF-8 of <see cref="KeptTask"/>; empty for none.</summary>
    [Id(9)] public ReadOnlyMemory<byte> Kept { get; init; }
}

/// <summary>How a child execution has ended.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.ChildReport")]
public sealed record ChildReport
{
    /// <summary>Path of the waiting task.</summary>
    [Id(0)] public required string Task { get; init; }
    /// <summary>The child.</summary>
    [Id(1)] public required Guid Child { get; init; }
    /// <summary>Its status word.</summary>
    [Id(2)] public required string Status { get; init; }
    /// <summary>What went wrong.</summary>
    [Id(3)] public string? Error { get; init; }
    /// <summary>Its outputs: a JSON object in UTF-8; empty for none.</summary>
    [Id(4)] public ReadOnlyMemory<byte> Outputs { get; init; }
}

/// <summary>A request to control an execution.</summary>
/// <param name="Organization">Organization of the caller.</param>
/// <param name="By">Who asks.</param>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("Periplon.ControlRequest")]
public sealed record ControlRequest(
    [property: Id(0)] string Organization, [property: Id(1)] string? By = null, [property: Id(2)] string? Reason = null)
{
    /// <summary>Whether a cancelled execution leaves out its handlers, hooks and notifications, too. Default: false.</summary>
    [Id(3)] public bool Kill { get; init; }
}

/// <summary>What became of a control request.</summary>
[GenerateSerializer, Alias("Periplon.ControlStatus")]
public enum ControlStatus
{
    /// <summary>Recorded.</summary>
    Done,
    /// <summary>It is as asked already.</summary>
    NoChange,
    /// <summary>The execution has ended.</summary>
    AlreadyFinished,
    /// <summary>There is no such execution.</summary>
    NotFound,
}
