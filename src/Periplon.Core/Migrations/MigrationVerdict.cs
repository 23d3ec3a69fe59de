using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Core.Migrations;

/// <summary>Whether an execution can be moved to another revision.</summary>
public sealed record MigrationVerdict
{
    /// <summary>The state on the other revision's plan; null when it cannot be moved.</summary>
    public ExecutionState? State { get; init; }

    /// <summary>Why it cannot be moved; null when it can.</summary>
    public MigrationRefusal? Refusal { get; init; }

    /// <summary>The other revision.</summary>
    public required int Revision { get; init; }

    /// <summary>Inputs, bound by the other revision.</summary>
    public IReadOnlyDictionary<string, JsonElement> Inputs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Names of the secret ones.</summary>
    public IReadOnlyList<string>? SecretInputs { get; init; }

    /// <summary>The event that moves it.</summary>
    /// <param name="at">When.</param>
    /// <param name="by">Who moves it.</param>
    public RevisionMigrated EventAt(DateTimeOffset at, string? by) => new()
    {
        At = at, Revision = Revision, WorkflowVersion = State!.Plan.Workflow.Version, Inputs = Inputs, SecretInputs = SecretInputs, By = by,
    };
}

/// <summary>Why an execution cannot be moved to another revision.</summary>
/// <param name="Reason">The reason in a word, by which reports count: one of <see cref="MigrationReasons"/>.</param>
/// <param name="Message">What was found and what would be allowed.</param>
/// <param name="Task">The task that it is about; null for the execution as a whole.</param>
public sealed record MigrationRefusal(string Reason, string Message, string? Task = null);

/// <summary>Words for why an execution cannot be moved to another revision.</summary>
public static class MigrationReasons
{
    /// <summary>The execution has ended.</summary>
    public const string Ended = "ended";
    /// <summary>It is a child execution, which stays on the revision of its parent.</summary>
    public const string Child = "child_execution";
    /// <summary>Its inputs are not those of the revision.</summary>
    public const string Inputs = "inputs";
    /// <summary>A task that has begun is not in the revision.</summary>
    public const string TaskMissing = "task_missing";
    /// <summary>A task that has begun is another kind of thing there.</summary>
    public const string KindChanged = "kind_changed";
    /// <summary>A task that has begun depends there on one that had not ended.</summary>
    public const string DependencyAdded = "dependency_added";
    /// <summary>A task would be new inside something that is over.</summary>
    public const string TaskTooLate = "task_too_late";
    /// <summary>Hooks or handlers that have begun are others there.</summary>
    public const string PhaseChanged = "handlers_changed";
    /// <summary>A limit that a task waits for or holds is not there.</summary>
    public const string LimitChanged = "limit_changed";
    /// <summary>Fewer tasks may run beside each other there than have.</summary>
    public const string BoundLowered = "bound_lowered";
    /// <summary>The history leads to something else there.</summary>
    public const string Differs = "differs";
}
