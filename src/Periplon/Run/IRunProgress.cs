using Periplon.Core.Executions;

namespace Periplon.Run;

/// <summary>Hears how a run goes. Calls may come from any thread; they return quickly and never throw.</summary>
internal interface IRunProgress
{
    /// <summary>Something that a person should know before the run begins.</summary>
    void OnNotice(string message);

    /// <summary>The run begins. Tasks of loops and of matrices may appear later, with their first change.</summary>
    void OnStarted(LocalRunPlan plan);

    /// <summary>A task has another status.</summary>
    /// <param name="task">Task path.</param>
    /// <param name="status">The new status.</param>
    /// <param name="attempt">Attempt, counted from 1; 0 when none was made.</param>
    /// <param name="message">The error, or why the task waits or was skipped.</param>
    void OnTaskChanged(string task, TaskRunStatus status, int attempt, string? message);

    /// <summary>A task printed a line.</summary>
    /// <param name="task">Task path.</param>
    /// <param name="stream"><c>stdout</c>, <c>stderr</c> or <c>engine</c>.</param>
    /// <param name="line">The line, secrets masked.</param>
    void OnLog(string task, string stream, string line);

    /// <summary>A task tells people something: a notification on the console.</summary>
    /// <param name="task">Task path.</param>
    /// <param name="line">The line, secrets masked.</param>
    void OnNotice(string task, string line);

    /// <summary>The run has ended.</summary>
    void OnFinished(LocalRunResult result);
}

/// <summary>What a run will do.</summary>
/// <param name="WorkflowName">Workflow name.</param>
/// <param name="WorkflowVersion">Its version text.</param>
/// <param name="ExecutionId">The execution.</param>
/// <param name="Tasks">Tasks that are known before the start, in the order of the file, parents before their subtasks.</param>
internal sealed record LocalRunPlan(string WorkflowName, string WorkflowVersion, Guid ExecutionId, IReadOnlyList<PlannedTask> Tasks);

/// <summary>A task of a plan.</summary>
/// <param name="Path">Task path.</param>
/// <param name="Parent">Path of the task it is a subtask of, or null.</param>
/// <param name="Description">Its description.</param>
/// <param name="Status">Its status at the start: a resumed run has tasks that are settled already.</param>
internal sealed record PlannedTask(string Path, string? Parent, string Description, TaskRunStatus Status = TaskRunStatus.Pending);
