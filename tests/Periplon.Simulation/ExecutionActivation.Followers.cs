using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Simulation;

// What follows from a turn for workers, children and parents.
internal sealed partial class ExecutionActivation
{
    // A claim whose answer is still on its way to the worker is not yet known there.
    private static readonly TimeSpan ClaimGrace = TimeSpan.FromSeconds(10);

    public Task<bool> EndChildAsync(ChildReport report)
    {
        StatusRules.TryParse(report.Status, out var status).ShouldBeTrue();
        var random = World.Random.NextDouble();
        return UnlessOvertakenAsync(driver => driver.DoAsync(
            turn => ExecutionCommands.EndChild(
                turn,
                new ChildEnded { At = turn.Now, Task = report.Task, Child = report.Child, Status = status, Error = report.Error },
                random),
            CancellationToken.None));
    }

    private void OfferReady(ExecutionState state, IEnumerable<TaskRank> ready)
    {
        foreach (var rank in ready)
        {
            Silo.Signals.Offer(TaskOffers.Of(Id, state, rank.Task));
        }
    }

    private async Task ReturnLostAsync()
    {
        var state = _driver!.State;
        if (state.Running.IsEmpty)
        {
            return;
        }

        var now = _driver.Now;
        var leases = state.Running
            .Select(rank => state.Task(rank.Task))
            .Where(task => task.StartedAt + ClaimGrace <= now || World.MemberOf(task.Worker!) is null)
            .Select(task => (Worker: task.Worker!, task.Token))
            .ToList();
        var lost = new HashSet<Guid>();
        foreach (var ofWorker in leases.GroupBy(lease => lease.Worker))
        {
            await FindLostAsync(ofWorker.Key, [.. ofWorker.Select(lease => lease.Token)], lost);
        }

        if (lost.Count > 0)
        {
            var random = World.Random.NextDouble();
            await _driver.DoAsync(
                turn =>
                {
                    ExecutionCommands.ReturnLost(turn, task => lost.Contains(task.Token), random);
                    return true;
                },
                CancellationToken.None);
        }
    }

    private async Task FindLostAsync(string worker, IReadOnlyList<Guid> tokens, HashSet<Guid> lost)
    {
        IReadOnlyList<Guid> held = [];
        var isDead = World.MemberOf(worker) is null;
        if (!isDead)
        {
            try
            {
                held = await World.CallAsync<WorkerActivation, IReadOnlyList<Guid>>(
                    Silo, GrainKey.Worker(worker), face => Task.FromResult(face.Holds(tokens)));
            }
            catch (Exception e) when (e is TimeoutException or SiloUnavailableException)
            {
                // No answer says nothing.
                return;
            }
        }

        lost.UnionWith(tokens.Where(token => World.Protocol.IsLost(isDead, held.Contains(token))));
    }

    private void StopWhatNoLongerMatters(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        if (after.IsTerminal)
        {
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

        foreach (var happened in events)
        {
            if (happened is TaskCancelled or TaskFailed { Failure.Kind: FailureKinds.Timeout }
                && before.Find(((TaskEvent)happened).Task) is { Status: TaskRunStatus.Running, Worker: not null } given)
            {
                Stop(given);
            }
        }

        void Stop(TaskState running) => Silo.Signals.Stop(running.Worker!, running.Token);
    }

    private void FollowChildren(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        foreach (var happened in events)
        {
            if (happened is TaskWaiting { Kind: WaitKind.Child } waiting && after.Find(waiting.Task)?.Wait?.Child == waiting.Child)
            {
                Silo.Children.Start(after, waiting.Task);
            }
        }

        if (after.IsTerminal)
        {
            foreach (var rank in before.Waiting)
            {
                CancelChild(before, rank.Task);
            }

            if (after.Created.ParentTask is not null)
            {
                Silo.Children.TellParent(after);
            }
        }
        else if (ExecutionNews.HasStops(after, events))
        {
            foreach (var rank in after.Waiting.Where(rank => after.FindStop(rank.Task) is not null))
            {
                CancelChild(after, rank.Task);
            }
        }
    }

    // After a message that was lost: children are started again, which changes nothing, or have ended meanwhile.
    private void LookAfterChildren(ExecutionState state)
    {
        if (!World.Protocol.LooksAfterChildren)
        {
            return;
        }

        foreach (var rank in state.Waiting.Where(rank => state.Task(rank.Task).Wait is { Kind: WaitKind.Child }))
        {
            if (!state.Stopping.IsEmpty && state.FindStop(rank.Task) is not null)
            {
                CancelChild(state, rank.Task);
            }
            else
            {
                Silo.Children.Start(state, rank.Task.Path);
            }
        }
    }

    private void CancelChild(ExecutionState state, TaskInstance task)
    {
        if (state.Task(task).Wait is { Kind: WaitKind.Child, Child: { } child })
        {
            Silo.Children.Cancel(state, task.Path, child, state.FindStop(task)?.Reason ?? $"execution {Id} has ended");
        }
    }
}
