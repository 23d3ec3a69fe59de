using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

internal sealed partial class ExecutionGrain
{
    // Of the turn that the driver is about to commit. A creation has its own: it may be under way beside a driver that was loaded meanwhile.
    private LocalStarts? _starting;

    public void OnDecided(ExecutionState before, ExecutionTurn turn) =>
        (_starting ??= new LocalStarts(slots, attempts)).Take(before, turn);

    public void OnAbandoned() => _starting?.Abandon();
}
