using Periplon.Core.Executions;
using Periplon.Engine.Queue;
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

    /// <summary>Rows of a partition that the sweep is to look at until a time: those that wait to be started are not among them.</summary>
    public IReadOnlyList<DueLook> ListDue(int partition, DateTimeOffset until, DueLook? after, int limit)
    {
        List<DueLook>? due = null;
        foreach (var row in _rows.Values)
        {
            if (row.Partition == partition && !row.Status.IsTerminal() && !IsQueued(row) && row.NextWakeAt is { } at && at <= until
                && (after is null || (at, row.Id).CompareTo((after.At, after.Id)) > 0))
            {
                (due ??= []).Add(new DueLook(at, row.Id));
            }
        }

        return due is null ? [] : [.. due.OrderBy(look => look.At).ThenBy(look => look.Id).Take(limit)];
    }

    /// <summary>Rows of a partition that wait to be started and whose own time has come.</summary>
    public IReadOnlyList<DueLook> ListDueStarts(int partition, DateTimeOffset until, DueLook? after, int limit) =>
    [
        .. _rows.Values.Where(row => row.Partition == partition && IsQueued(row) && row.NextWakeAt > row.CreatedAt && row.NextWakeAt <= until)
            .Select(row => new DueLook(row.NextWakeAt!.Value, row.Id))
            .Where(look => after is null || (look.At, look.Id).CompareTo((after.At, after.Id)) > 0)
            .OrderBy(look => look.At).ThenBy(look => look.Id).Take(limit),
    ];

    public void MoveLooks(IReadOnlyList<DueLook> looks, DateTimeOffset now)
    {
        foreach (var look in looks)
        {
            if (_rows[look.Id] is var row && !row.Status.IsTerminal() && row.NextWakeAt <= now)
            {
                _rows[look.Id] = row with { NextWakeAt = look.At };
            }
        }
    }

    public StartClass? NextClass(int partition, StartClass? after)
    {
        var classes = Queued(partition).Select(row => (row.Organization, Lane: row.QueueLane!))
            .Where(one => after is not { } last || Compare(one, (last.Organization, last.Lane)) > 0).ToList();
        classes.Sort(Compare);
        return classes.Count > 0 ? new StartClass(classes[0].Organization, classes[0].Lane) : null;
    }

    public int? NextPriority(int partition, StartClass startClass, long below) =>
        Queued(partition, startClass).Where(row => row.Priority < below).Max(row => (int?)row.Priority);

    public IReadOnlyList<QueuedStart> ListQueued(int partition, StartClass startClass, int priority, QueuedStart? after, int limit) =>
    [
        .. Queued(partition, startClass)
            .Where(row => row.Priority == priority
                && (after is null || (row.CreatedAt, row.Id).CompareTo((after.CreatedAt, after.Id)) > 0))
            .OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).Take(limit)
            .Select(row => new QueuedStart(row.Id, row.Priority, row.CreatedAt)),
    ];

    public (object? State, long Version) ReadState(GrainKey key) => _states.TryGetValue(key, out var stored) ? stored : (null, 0);

    /// <summary>Writes the state of a grain if it is still the one that was read; null removes it. Its new version; −1 when it was
    /// another.</summary>
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

    private static bool IsQueued(ExecutionRow row) => row.Status is ExecutionStatus.Queued && row.QueueLane is not null;

    private static int Compare((string Organization, string Lane) left, (string Organization, string Lane) right) =>
        string.CompareOrdinal(left.Organization, right.Organization) is var order and not 0
            ? order
            : string.CompareOrdinal(left.Lane, right.Lane);

    private IEnumerable<ExecutionRow> Queued(int partition) => _rows.Values.Where(row => row.Partition == partition && IsQueued(row));

    private IEnumerable<ExecutionRow> Queued(int partition, StartClass startClass) =>
        Queued(partition).Where(row => row.Organization == startClass.Organization && row.QueueLane == startClass.Lane);
}
