namespace Periplon.Torture.Load;

/// <summary>A workflow of the load, and what is true of its executions.</summary>
internal sealed record Workload
{
    public required string Name { get; init; }

    /// <summary>The workflow's text.</summary>
    public required string Yaml { get; init; }

    /// <summary>Statuses in which an execution may end.</summary>
    public required IReadOnlyList<string> Ends { get; init; }

    /// <summary>Share among all starts.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Whether something follows at once when an attempt has ended, so that a pause means trouble.</summary>
    public bool GoesOnAtOnce { get; init; }

    /// <summary>What its client does after the start.</summary>
    public Func<LoadClient, StartedExecution, CancellationToken, Task>? Follow { get; init; }

    /// <summary>Limits that its executions share, by key.</summary>
    public LoadLimit? Limit { get; init; }

    /// <summary>The result that its executions have to have, for the number they were started with.</summary>
    public Func<int, string>? Result { get; init; }
}

/// <summary>A concurrency limit of the load.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Places">How many may run at once.</param>
/// <param name="OfExecutions">Whether executions hold the places, or else tasks.</param>
internal sealed record LoadLimit(string Key, int Places, bool OfExecutions = false);

/// <summary>An execution that the API has acknowledged.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">The number it was started with.</param>
/// <param name="Workload">Its workload.</param>
/// <param name="AcknowledgedAt">When the answer came.</param>
internal sealed record StartedExecution(Guid Id, int Number, Workload Workload, DateTimeOffset AcknowledgedAt);
