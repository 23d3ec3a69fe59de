using Periplon.Core.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Executions;

// What the execution has to do with workers: offers to them, stops, and the leases of those that are gone.
internal sealed partial class ExecutionGrain
{
    // A claim whose answer is still on its way to the worker is not yet known there.
    private static readonly TimeSpan ClaimGrace = TimeSpan.FromSeconds(10);

    // A worker that died takes its leases with it; one that lives is asked, because the answer to a claim may have been lost.
    private async Task ReturnLostAsync(CancellationToken cancellationToken)
    {
        var state = _driver!.State;
        if (state.Running.IsEmpty)
        {
            return;
        }

        var now = _driver.Now;
        var leases = state.Running
            .Select(rank => state.Task(rank.Task))
            .Where(task => task.StartedAt + ClaimGrace <= now || liveness.IsDead(task.Worker!))
            .Select(task => (task.Worker!, task.Token))
            .ToList();
        var lost = await liveness.FindLostAsync(GrainFactory, leases, cancellationToken);
        if (lost.Count > 0)
        {
            var random = signals.NextRandom();
            await _driver.DoAsync(
                turn =>
                {
                    ExecutionCommands.ReturnLost(turn, task => lost.Contains(task.Token), random);
                    return true;
                },
                cancellationToken);
        }
    }

    // Who could take what waits for a worker; not asked for when nothing does.
    private async Task<IReadOnlyList<LiveWorker>?> ReadWorkersAsync(ExecutionState state, CancellationToken cancellationToken) =>
        state.IsTerminal || state.Ready.IsEmpty ? null : await workers.ListAsync(cancellationToken);

    private void OfferReady(ExecutionState state, IEnumerable<TaskRank> ready)
    {
        foreach (var rank in ready)
        {
            signals.Offer(TaskOffers.Of(_id, state, rank.Task));
        }
    }

    private void StopWhatNoLongerMatters(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        if (after.IsTerminal)
        {
            // One that was stopped gave up what was ready before its end.
            if (!before.Ready.IsEmpty || after.Status is not ExecutionStatus.Completed)
            {
                signals.Withdraw(_id);
            }

            foreach (var rank in before.Running)
            {
                Stop(before.Task(rank.Task));
            }
        }
        else if (ExecutionNews.HasStops(after, events))
        {
            foreach (var rank in after.Running.Where(rank => after.FindStop(rank.Task) is not null))
            {
                Stop(after.Task(rank.Task));
            }
        }

        // An attempt that was given up without its worker's report may still run there.
        foreach (var happened in events)
        {
            if (happened is TaskCancelled or TaskSkipped or TaskFailed { Failure.Kind: FailureKinds.Timeout }
                && before.Find(((TaskEvent)happened).Task) is { Status: TaskRunStatus.Running, Worker: not null } given)
            {
                Stop(given);
            }
        }

        void Stop(TaskState running) => signals.Stop(running.Worker!, running.Token);
    }
}
