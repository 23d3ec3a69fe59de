using Periplon.Core.Conditions;

namespace Periplon.Core.Executions;

/// <summary>One turn of an execution: events are recorded and applied as they are decided, and become one journal row.</summary>
/// <param name="state">The state before.</param>
/// <param name="now">The time of the turn; all its events carry it.</param>
public sealed class ExecutionTurn(ExecutionState state, DateTimeOffset now)
{
    private readonly List<ExecutionEvent> _events = [];
    private List<int>? _ignored;

    /// <summary>The state with all events of the turn.</summary>
    public ExecutionState State { get; private set; } = state;

    /// <summary>The time of the turn.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>The events of the turn, in order.</summary>
    public IReadOnlyList<ExecutionEvent> Events => _events;

    /// <summary>Those of them that changed nothing, which shows a defect of whoever recorded them.</summary>
    public IEnumerable<ExecutionEvent> Ignored => _ignored?.Select(index => _events[index]) ?? [];

    /// <summary>What the conditions asked in this turn have cost, by <see cref="ConditionEvaluator.CostOf"/>.</summary>
    public int ConditionCost { get; private set; }

    /// <summary>Asks a condition, on the account of this turn.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="scope">Answers its questions.</param>
    internal bool Holds(Condition condition, ExecutionScope scope)
    {
        ConditionCost += ConditionEvaluator.CostOf(condition);
        return ConditionEvaluator.Evaluate(condition, scope);
    }

    /// <summary>A place to come back to with <see cref="ReturnTo"/>.</summary>
    public TurnMark Mark() => new(State, _events.Count);

    /// <summary>Takes back everything recorded since a mark of this turn.</summary>
    /// <param name="mark">The mark.</param>
    public void ReturnTo(TurnMark mark)
    {
        ArgumentNullException.ThrowIfNull(mark);
        State = mark.State;
        _events.RemoveRange(mark.Count, _events.Count - mark.Count);
        _ignored?.RemoveAll(index => index >= mark.Count);
    }

    /// <summary>Records the move to another revision.</summary>
    /// <param name="moved">The state as the history before leads to it on the plan of that revision.</param>
    /// <param name="happened">The event.</param>
    public void Migrate(ExecutionState moved, RevisionMigrated happened)
    {
        State = ExecutionMachine.Apply(moved, happened);
        _events.Add(happened);
    }

    /// <summary>Records an event.</summary>
    /// <param name="happened">The event.</param>
    public void Record(ExecutionEvent happened)
    {
        if (ExecutionMachine.Ignores(State, happened))
        {
            (_ignored ??= []).Add(_events.Count);
        }

        State = ExecutionMachine.Apply(State, happened);
        _events.Add(happened);
    }
}

/// <summary>A place in a turn.</summary>
/// <param name="State">The state there.</param>
/// <param name="Count">The number of events there.</param>
public sealed record TurnMark(ExecutionState State, int Count);
