using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Core.Conditions;

/// <summary>A structured condition (reference §6).</summary>
public abstract record Condition
{
    private Condition() { }

    /// <summary>A task has a status; false for a task that does not exist.</summary>
    /// <param name="Task">Task path.</param>
    /// <param name="Status">The status.</param>
    public sealed record TaskHasStatus(string Task, TaskRunStatus Status) : Condition;

    /// <summary>A state value is equal, type and all.</summary>
    /// <param name="Key">State key.</param>
    /// <param name="Value">The value.</param>
    public sealed record StateEquals(string Key, JsonElement Value) : Condition;

    /// <summary>A state value exists.</summary>
    /// <param name="Key">State key.</param>
    public sealed record StateExists(string Key) : Condition;

    /// <summary>Always true.</summary>
    public sealed record Always : Condition;

    /// <summary>Always false.</summary>
    public sealed record Never : Condition;

    /// <summary>All hold; true when there are none.</summary>
    /// <param name="Conditions">The conditions.</param>
    public sealed record And(IReadOnlyList<Condition> Conditions) : Condition;

    /// <summary>At least one holds; false when there are none.</summary>
    /// <param name="Conditions">The conditions.</param>
    public sealed record Or(IReadOnlyList<Condition> Conditions) : Condition;

    /// <summary>The condition does not hold.</summary>
    /// <param name="Inner">The condition.</param>
    public sealed record Not(Condition Inner) : Condition;

    /// <summary>An expression holds (<c>if:</c>, and conditions written as text).</summary>
    /// <param name="Expression">JavaScript over the scopes.</param>
    public sealed record When(string Expression) : Condition;
}
