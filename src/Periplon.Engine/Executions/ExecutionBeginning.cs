using Periplon.Core.Plans;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Executions;

/// <summary>The first turn of an execution, on the cluster and in a local run: its creation and what follows from it at once.</summary>
/// <param name="Created">The state right after the creation.</param>
/// <param name="State">The state at the end of the turn.</param>
/// <param name="Row">Its row of the executions table.</param>
/// <param name="Events">The events of the turn, the creation first.</param>
internal sealed record ExecutionBeginning(
    ExecutionState Created, ExecutionState State, ExecutionRow Row, IReadOnlyList<ExecutionEvent> Events)
{
    /// <summary>Decides the turn.</summary>
    public static ExecutionBeginning Of(ExecutionPlan plan, ExecutionCreated created, int partition)
    {
        var start = ExecutionMachine.Start(plan, created);
        var turn = new ExecutionTurn(start, created.At);
        ExecutionPlanner.Advance(turn);
        var row = ExecutionRows.First(created.ExecutionId, created, partition);
        return new(start, turn.State, ExecutionRows.Next(row, turn.State, turn.Now) ?? row, [created, .. turn.Events]);
    }

    /// <summary>Stores the turn as the journal's first row.</summary>
    /// <exception cref="JournalConflictException">The execution exists already.</exception>
    public Task AppendAsync(IJournalStore journal, CancellationToken cancellationToken)
    {
        var created = State.Created;
        return journal.AppendAsync(
            new JournalAppend(created.ExecutionId, 1, EventCodec.Encode(Events), Guid.NewGuid(), created.At, Row), cancellationToken);
    }
}
