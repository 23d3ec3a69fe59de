using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>What a condition may ask about: references, tasks and the state of the execution.</summary>
public interface IConditionScope : ITemplateScope
{
    /// <summary>Whether a task that the asking one depends on has failed, or, in <c>finally</c> and <c>on_failure</c>, any task.</summary>
    bool HasFailure { get; }

    /// <summary>Whether the execution is being cancelled.</summary>
    bool IsCancelled { get; }

    /// <summary>Finds the status of a task.</summary>
    /// <param name="task">Path of the task, such as <c>build</c> or <c>parent.child</c>.</param>
    /// <returns>Null when there is no such task.</returns>
    TaskRunStatus? FindTaskStatus(string task);

    /// <summary>Finds a value of the execution's state map.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">The value.</param>
    bool TryGetState(string key, out JsonElement value);
}
