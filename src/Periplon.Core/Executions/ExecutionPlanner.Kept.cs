using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

public static partial class ExecutionPlanner
{
    // Groups are entered again, so that the tasks inside them are there to be referred to. Neither conditions nor limits are asked.
    private static void Keep(ExecutionTurn turn, TaskInstance task, KeptTask kept) => turn.Record(
        kept is { Status: TaskRunStatus.Completed, IsWhole: false } && task.Planned.Shape is TaskShape.Group or TaskShape.Switch
            ? new TaskEntered { At = turn.Now, Task = task.Path, Case = kept.Case }
            : new TaskKept { At = turn.Now, Task = task.Path, Status = kept.Status });

    private static bool IsKeptWhole(ExecutionTurn turn, TaskState task) =>
        task.Stop is null && turn.State.Kept.ContainsKey(task.Instance.Path)
        && task.Block!.Tasks.All(inner => turn.State.Task(inner).IsKept);
}
