using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>What a subtask takes from the task around it where it says nothing itself (reference §11).</summary>
internal static class TaskInheritance
{
    internal static TaskDefinition Inherit(TaskDefinition parent, TaskDefinition child) => child with
    {
        Agent = child.Agent ?? (child.Kind is TaskKind.None ? parent.Agent : null),
        OnError = child.OnError ?? (parent.OnError is { } onError ? onError with { Notify = null } : null),
        Retry = child.Retry ?? (child.OnError is null ? parent.Retry : null),
        Priority = child.Priority == 0 ? parent.Priority : child.Priority,
        LoopControl = child.LoopControl ?? (child.Loop is null ? null : parent.LoopControl),
        InjectContext = child.InjectContext || parent.InjectContext,
        WorkerTags = child.WorkerTags.Count > 0 ? child.WorkerTags : parent.WorkerTags,
    };
}
