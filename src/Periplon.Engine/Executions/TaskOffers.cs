using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Executions;

/// <summary>The offer that a ready task makes to the queue.</summary>
internal static class TaskOffers
{
    public static TaskOffer Of(Guid executionId, ExecutionState state, TaskInstance task)
    {
        var ready = state.Task(task);
        return new TaskOffer
        {
            ExecutionId = executionId,
            Task = task.Path,
            Attempt = ready.Attempt,
            Priority = state.Created.Priority,
            TaskPriority = task.Rank.Priority,
            Tags = task.Planned.WorkerTags,
            Returned = ready.Delivery > 0,
            ScheduledAt = ready.ScheduledAt ?? state.LastEventAt,
            Organization = state.Created.Organization,
            StartLane = QueueLanes.Of(state),
            IsProcess = IsProcess(task, ready),
        };
    }

    /// <summary>Whether the next attempt of a task starts a process.</summary>
    public static bool IsProcess(TaskInstance task, TaskState state) =>
        state.Work is AttemptWork.Task && task.Planned.Definition.Kind is TaskKind.Script or TaskKind.Command;
}
