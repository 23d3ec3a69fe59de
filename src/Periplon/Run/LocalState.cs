using Periplon.Client.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Run;

/// <summary>What is kept of the runs of one workflow.</summary>
internal sealed record LocalState
{
    /// <summary>Name of the workflow; of the file when that cannot be read.</summary>
    public required string Name { get; init; }

    /// <summary>The database.</summary>
    public required string Path { get; init; }

    /// <summary>Whether a process runs it now.</summary>
    public bool IsAlive { get; init; }

    /// <summary>Its runs, newest first.</summary>
    public IReadOnlyList<ExecutionRow> Runs { get; init; } = [];

    /// <summary>Executions that their tasks have started.</summary>
    public IReadOnlyList<Guid> Children { get; init; } = [];

    /// <summary>The newest run, or the one that was asked for.</summary>
    public ExecutionRow? Shown { get; init; }

    /// <summary>The same with its tasks; those of subflows have the path of the task that runs it before their own.</summary>
    public ExecutionView? View { get; init; }

    /// <summary>Why it cannot be read; null when it can.</summary>
    public string? Problem { get; init; }
}
