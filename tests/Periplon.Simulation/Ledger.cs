using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Simulation;

/// <summary>
/// What the database holds, kept apart from all activations: each stored row is decoded and applied, and each promise is checked with it.
/// </summary>
internal sealed partial class Ledger(World world)
{
    private readonly SortedDictionary<Guid, Record> _records = [];

    // Tokens of leases that have ended, and whether the worker's own report ended them.
    private readonly Dictionary<Guid, bool> _endedByReport = [];

    /// <summary>How many executions have not ended.</summary>
    public int Open { get; private set; }

    /// <summary>When the newest row was stored, in ticks of true time.</summary>
    public long LastStoredAt { get; private set; }

    /// <summary>Executions as the database has them.</summary>
    public IEnumerable<ExecutionState> States => _records.Values.Select(record => record.State);

    public ExecutionState? Find(Guid id) => _records.TryGetValue(id, out var record) ? record.State : null;

    /// <summary>A row was stored.</summary>
    public void OnStored(JournalAppend append)
    {
        var events = EventCodec.Decode(append.Events.Span);
        world.Trace?.Invoke($"row {append.Seq} of {Short(append.ExecutionId)}: {string.Join(", ", events.Select(Line))}");
        var next = 0;
        if (!_records.TryGetValue(append.ExecutionId, out var record))
        {
            var created = (ExecutionCreated)events[next++];
            var plan = SampleWorkflows.All[created.Revision].PlanOf(created.Subflow);
            _records.Add(append.ExecutionId, record = new Record(ExecutionMachine.Start(plan, created)));
            Open++;
        }

        if (record.State.IsTerminal)
        {
            world.Violate($"row {append.Seq} of {Short(append.ExecutionId)} was stored after the end");
        }

        for (; next < events.Count; next++)
        {
            Apply(record, events[next]);
        }

        record.Seq = append.Seq;
        LastStoredAt = world.Now;
        Open -= record.State.IsTerminal ? 1 : 0;
        CheckBounds(record.State);
        CheckWakes(record.State, append);
    }

    /// <summary>A row has been acknowledged to the activation that holds this state, or an activation was loaded with it.</summary>
    public void OnAcknowledged(Guid id, ExecutionState state, long seq, ExecutionActivation activation)
    {
        if (!_records.TryGetValue(id, out var record) || record.Seq < seq)
        {
            world.Violate($"{activation.Key} on {activation.Silo} goes by row {seq}, which is not stored");
        }
        else if (record.Seq == seq && StateDigest.Of(record.State) != StateDigest.Of(state))
        {
            world.Violate($"{activation.Key} on {activation.Silo} has another state at row {seq} than the journal");
        }
    }

    /// <summary>A user was told that an execution has been accepted.</summary>
    public void OnAccepted(Guid id)
    {
        if (!_records.ContainsKey(id))
        {
            world.Violate($"the start of {Short(id)} was acknowledged and is not stored");
        }
    }

    /// <summary>A worker was told that it holds a lease.</summary>
    public void OnLeased(Guid id, string task, int attempt, Guid token)
    {
        if (!_records.TryGetValue(id, out var record) || !record.Leases.Contains((task, attempt, token)))
        {
            world.Violate($"a lease of {Short(id)} {task}/{attempt} was given that is not stored");
        }
    }

    /// <summary>A worker's report was accepted.</summary>
    public void OnReportAccepted(Guid id, string task, Guid token)
    {
        if (!_endedByReport.GetValueOrDefault(token))
        {
            world.Violate($"a report of {Short(id)} {task} was accepted whose lease had been lost");
        }
    }

    /// <summary>A user was told what became of a request.</summary>
    public void OnControlled(Guid id, Func<ExecutionState, bool> isSo, string what)
    {
        if (Find(id) is not { } state || !isSo(state))
        {
            world.Violate($"{what} of {Short(id)} was acknowledged and is not stored");
        }
    }

    /// <summary>What has not ended and why, for the message of a failure.</summary>
    public string Describe() => string.Join("; ", _records.Values.Where(record => !record.State.IsTerminal).Select(Describe));

    private string Describe(Record record)
    {
        var state = record.State;
        var tasks = state.Tasks.Values.Where(task => !task.Status.IsSettled()).OrderBy(task => task.Instance.Rank)
            .Select(task => $"{task.Instance.Path}={task.Status}{(task.Wait is { } wait ? $"({wait.Kind})" : "")}");
        return $"{Short(state.Created.ExecutionId)} (definition {state.Created.Revision}) is {state.Status} with {string.Join(' ', tasks)}, "
            + $"timer {ExecutionPlanner.NextTimer(state):HH:mm:ss}, next wake-up {world.Database.Rows[state.Created.ExecutionId].NextWakeAt:HH:mm:ss}";
    }

    private static string Short(Guid id) => id.ToString()[^6..];

    private static string Line(ExecutionEvent happened) =>
        happened is TaskEvent task ? $"{happened.GetType().Name} '{task.Task}'" : happened.GetType().Name;

    private sealed class Record(ExecutionState state)
    {
        public ExecutionState State { get; set; } = state;

        public long Seq { get; set; }

        public HashSet<(string Task, int Attempt)> Completed { get; } = [];

        public HashSet<(string Task, int Attempt, Guid Token)> Leases { get; } = [];

        public int Finishes { get; set; }
    }
}

/// <summary>A number that two states share only if they are the same, as far as chance allows; the order of their tasks is no part of
/// it.</summary>
internal static class StateDigest
{
    public static int Of(ExecutionState state)
    {
        var tasks = 0;
        foreach (var (path, task) in state.Tasks)
        {
            var one = HashCode.Combine(path, task.Status, task.Attempt, task.Delivery, task.Token, task.DueAt, task.Phase, task.OpenDependencies);
            tasks ^= HashCode.Combine(one, task.Lost, task.Granted, task.Stop is null, task.Wait?.At, task.GivesUpAt, task.Ended, task.Loop?.Next);
        }

        var whole = HashCode.Combine(
            tasks, state.Status, state.NextNumber, state.Settled, state.Retries, state.IsPaused, state.LastEventAt, state.FirstFailure);
        var sets = HashCode.Combine(
            state.Open.Count, state.OpenOthers.Count, state.Ready.Count, state.Running.Count, state.Waiting.Count, state.Undecided.Count,
            state.Delayed.Count, state.Timers.Count);
        return HashCode.Combine(whole, sets, state.Overdue.Count, state.Stopping.Count, state.Signals.Count, state.SignalKeys.Count);
    }
}
