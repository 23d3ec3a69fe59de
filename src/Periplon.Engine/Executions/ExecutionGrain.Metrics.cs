using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Executions;

internal sealed partial class ExecutionGrain
{
    private void Count(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        if (before.StartedAt is null && after.StartedAt is not null)
        {
            instruments.OnExecutionStarted();
        }

        foreach (var happened in events)
        {
            switch (happened)
            {
                case TaskStarted e:
                    instruments.OnTaskStarted(KindOf(after, e.Task));
                    break;
                case TaskCompleted e:
                    instruments.OnTaskFinished(KindOf(after, e.Task), TaskOutcomeKind.Completed, DurationOf(after, e));
                    break;
                case TaskFailed { Attempt: > 0 } e:
                    instruments.OnTaskFinished(KindOf(after, e.Task), TaskOutcomeKind.Failed, DurationOf(after, e));
                    break;
                case TaskReturned e:
                    instruments.OnTaskReturned(e.Lost ? "worker_lost" : "handed_back");
                    break;
            }
        }
    }

    private static string KindOf(ExecutionState state, string path) => state.Find(path)!.Instance.Planned.Definition.Kind.ToWord();

    private static TimeSpan DurationOf(ExecutionState state, TaskEvent ended) =>
        state.Find(ended.Task)?.StartedAt is { } started ? ended.At - started : TimeSpan.Zero;
}
