using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Simulation;

/// <summary>
/// The one database: the journal under its key (execution, seq) without gaps, the executions table, and the states that grains store. What
/// it does it does at once and wholly; what goes wrong goes wrong on the way there and back.
/// </summary>
internal sealed class SimulatedDatabase(World world)
{
    private readonly Dictionary<Guid, List<JournalAppend>> _journal = [];
    private readonly SortedDictionary<Guid, ExecutionRow> _rows = [];
    private readonly Dictionary<GrainKey, (object State, long Version)> _states = [];
    private long _versions;

    public IReadOnlyDictionary<Guid, ExecutionRow> Rows => _rows;

    public bool IsAway => world.DatabaseAwayUntil > world.Now;

    /// <summary>Commits one append, as the journal's statement does.</summary>
    public AppendOutcome Commit(JournalAppend append)
    {
        if (!_journal.TryGetValue(append.ExecutionId, out var stored))
        {
            _journal.Add(append.ExecutionId, stored = []);
        }

        if (append.Seq <= stored.Count)
        {
            return stored[(int)append.Seq - 1].Writer == append.Writer ? AppendOutcome.Recovered : AppendOutcome.Conflict;
        }

        if (append.Seq != stored.Count + 1)
        {
            return AppendOutcome.Conflict;
        }

        stored.Add(append);
        if (append.Row is { } row && (append.Seq == 1 || !_rows[append.ExecutionId].Status.IsTerminal()))
        {
            _rows[append.ExecutionId] = row;
        }

        world.Ledger.OnStored(append);
        return AppendOutcome.Stored;
    }

    public IReadOnlyList<JournalRow> Read(Guid executionId, long afterSeq) =>
        _journal.TryGetValue(executionId, out var stored)
            ? [.. stored.Skip((int)afterSeq).Select(row => new JournalRow(row.Seq, row.Events, row.At))]
            : [];

    public IReadOnlyList<Guid> ListActive(int partition, Guid? after, int limit) =>
        [.. _rows.Values.Where(row => IsOf(row, partition) && (after is null || row.Id > after)).Take(limit).Select(row => row.Id)];

    public IReadOnlyList<Guid> ListDue(int partition, DateTimeOffset now, int limit)
    {
        List<Guid>? due = null;
        foreach (var row in _rows.Values)
        {
            if (IsOf(row, partition) && row.NextWakeAt <= now)
            {
                (due ??= []).Add(row.Id);
            }
        }

        return due is null ? [] : [.. due.OrderBy(id => _rows[id].NextWakeAt).Take(limit)];
    }

    public void Touch(IReadOnlyList<Guid> ids, DateTimeOffset now, DateTimeOffset nextWakeAt)
    {
        foreach (var id in ids)
        {
            if (_rows[id] is var row && !row.Status.IsTerminal() && row.NextWakeAt <= now)
            {
                _rows[id] = row with { NextWakeAt = nextWakeAt };
            }
        }
    }

    public (object? State, long Version) ReadState(GrainKey key) => _states.TryGetValue(key, out var stored) ? stored : (null, 0);

    /// <summary>Writes the state of a grain if it is still the one that was read; null removes it. Its new version; −1 when it was another.</summary>
    public long WriteState(GrainKey key, object? state, long version)
    {
        if (ReadState(key).Version != version)
        {
            return -1;
        }

        if (state is null)
        {
            _states.Remove(key);
            return 0;
        }

        _states[key] = (state, ++_versions);
        return _versions;
    }

    private static bool IsOf(ExecutionRow row, int partition) => row.Partition == partition && !row.Status.IsTerminal();
}
