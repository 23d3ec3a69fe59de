using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

// Child executions: what the machine waits for is started, stopped and asked after; the end of a child is told to its parent.
internal sealed partial class ExecutionGrain
{
    public async Task<bool> EndChildAsync(ChildReport report, CancellationToken cancellationToken)
    {
        if (!StatusRules.TryParse(report.Status, out var status))
        {
            return false;
        }

        var outputs = report.Outputs.IsEmpty
            ? null
            : JsonSerializer.Deserialize(report.Outputs.Span, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
        var random = signals.NextRandom();
        return await UnlessOvertakenAsync(
            driver => driver.DoAsync(
                turn => ExecutionCommands.EndChild(
                    turn,
                    new ChildEnded
                    {
                        At = turn.Now, Task = report.Task, Child = report.Child, Status = status, Error = report.Error, Outputs = outputs,
                    },
                    random),
                cancellationToken),
            cancellationToken);
    }

    public async Task<bool> WaitsForChildAsync(string task, Guid child, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver)
        {
            return false;
        }

        // A no ends the child, so it must not come from what is past.
        await driver.EnsureCurrentAsync(cancellationToken);
        return !driver.State.IsTerminal && driver.State.Find(task)?.Wait?.Child == child;
    }

    // The start of a child may arrive after its parent has given it up, and then nobody else would ever end it.
    private void AskParent(ExecutionState state)
    {
        if (state is { IsTerminal: false, Created.ParentTask: not null })
        {
            children.AskParent(state.Created);
        }
    }

    private void FollowChildren(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        foreach (var happened in events.OfType<TaskWaiting>().Where(e => e.Kind is WaitKind.Child))
        {
            if (after.Find(happened.Task)?.Wait?.Child == happened.Child)
            {
                children.Start(after, happened.Task);
            }
        }

        if (after.IsTerminal)
        {
            // Those that were given up, or whose parent ended without waiting for them.
            foreach (var rank in before.Waiting)
            {
                Cancel(before, rank.Task);
            }

            if (after.Created.ParentTask is not null)
            {
                children.TellParent(after);
            }
        }
        else if (ExecutionNews.HasStops(after, events))
        {
            foreach (var rank in after.Waiting.Where(rank => after.FindStop(rank.Task) is not null))
            {
                Cancel(after, rank.Task);
            }
        }
    }

    // After a message that was lost: children are started again, which changes nothing, or have ended meanwhile.
    private void LookAfterChildren(ExecutionState state)
    {
        foreach (var rank in state.Waiting.Where(rank => state.Task(rank.Task).Wait is { Kind: WaitKind.Child }))
        {
            if (!state.Stopping.IsEmpty && state.FindStop(rank.Task) is not null)
            {
                Cancel(state, rank.Task);
            }
            else
            {
                children.Start(state, rank.Task.Path);
            }
        }
    }

    private void Cancel(ExecutionState state, TaskInstance task)
    {
        if (state.Task(task).Wait is { Kind: WaitKind.Child, Child: { } child })
        {
            children.Cancel(state, task.Path, child, state.FindStop(task)?.Reason ?? $"execution {_id} has ended");
        }
    }
}
