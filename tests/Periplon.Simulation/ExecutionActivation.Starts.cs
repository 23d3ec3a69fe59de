using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Simulation;

internal sealed partial class ExecutionActivation
{
    private SimulatedStarts? _starting;

    public void OnDecided(ExecutionState before, ExecutionTurn turn) => (_starting ??= new SimulatedStarts(Silo)).Take(before, turn);

    public void OnAbandoned() => _starting?.Abandon();
}

/// <summary>Attempts that begin with the turn in which they became ready, as <see cref="LocalStarts"/> has it.</summary>
internal sealed class SimulatedStarts(Silo silo)
{
    private readonly List<(string Task, Guid Token, CancellationTokenSource Stop)> _starting = [];

    public void Take(ExecutionState before, ExecutionTurn turn)
    {
        foreach (var rank in ExecutionNews.Ready(before, turn.State, turn.Events))
        {
            var ready = turn.State.Task(rank.Task);
            if (ready.Delivery > 0 || silo.Worker.TryTakeAhead() is not { } claim)
            {
                continue;
            }

            if (ExecutionCommands.TryStart(turn, rank.Task.Path, ready.Attempt, silo.Name, claim.Token))
            {
                _starting.Add((rank.Task.Path, claim.Token, claim.Stop));
            }
            else
            {
                silo.Worker.Forget(claim.Token);
            }
        }
    }

    public void Abandon()
    {
        foreach (var (_, token, _) in _starting)
        {
            silo.Worker.Forget(token);
        }

        _starting.Clear();
    }

    public void Run(ExecutionState state)
    {
        foreach (var (path, token, stop) in _starting)
        {
            var task = state.Find(path)!.Instance;
            silo.Worker.Begin(TaskOffers.Of(state.Created.ExecutionId, state, task), TaskLeases.Of(state, task), token, stop);
        }

        _starting.Clear();
    }
}
