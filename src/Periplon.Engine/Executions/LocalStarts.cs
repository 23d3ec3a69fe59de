using Periplon.Core.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Executions;

/// <summary>
/// Attempts that the worker of this silo begins with the turn in which they became ready: no offer, no claim, and no commit of their own.
/// What is recorded is the same as if the worker had claimed them. For one turn at a time.
/// </summary>
internal sealed class LocalStarts(WorkerSlots slots, ClaimedAttempts attempts, ILocalReports reports)
{
    private readonly List<(string Task, Guid Token, CancellationTokenSource Stop, WorkerSlot Slot)> _starting = [];

    /// <summary>Starts what has become ready in a turn, as far as the worker takes it.</summary>
    public void Take(ExecutionState before, ExecutionTurn turn)
    {
        foreach (var rank in ExecutionNews.Ready(before, turn.State, turn.Events))
        {
            // What came back from a worker is for the queue, which puts it first.
            var ready = turn.State.Task(rank.Task);
            if (ready.Delivery > 0
                || slots.TryTakeAhead(rank.Task.Planned.WorkerTags, TaskOffers.IsProcess(rank.Task, ready)) is not { } slot)
            {
                continue;
            }

            var token = Guid.NewGuid();
            if (ExecutionCommands.TryStart(turn, rank.Task.Path, ready.Attempt, slots.Worker, token))
            {
                _starting.Add((rank.Task.Path, token, attempts.Register(token), slot));
            }
            else
            {
                slot.Release();
            }
        }
    }

    /// <summary>The turn is not committed: nothing has started.</summary>
    public void Abandon()
    {
        foreach (var (_, token, _, slot) in _starting)
        {
            attempts.Forget(token);
            slot.Release();
        }

        _starting.Clear();
    }

    /// <summary>The turn is committed: what was started runs.</summary>
    public void Run(ExecutionState state)
    {
        foreach (var (task, token, stop, slot) in _starting)
        {
            attempts.Begin(state, state.Find(task)!.Instance, token, stop, slot, reports);
        }

        _starting.Clear();
    }
}
