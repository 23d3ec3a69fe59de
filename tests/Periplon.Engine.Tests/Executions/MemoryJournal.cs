using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Executions;

/// <summary>A journal in memory whose commits a test can hold back or refuse.</summary>
internal sealed class MemoryJournal : IJournalStore
{
    private readonly Lock _gate = new();
    private readonly List<JournalAppend> _rows = [];
    private TaskCompletionSource? _held;
    private bool _holdsAfterStoring;

    /// <summary>Decides about an append before it is stored; an exception refuses it.</summary>
    public Action<JournalAppend>? Before { get; set; }

    public IReadOnlyList<JournalAppend> Rows
    {
        get
        {
            lock (_gate)
            {
                return [.. _rows];
            }
        }
    }

    public int Appends { get; private set; }

    public IEnumerable<ExecutionEvent> Events => Rows.SelectMany(row => EventCodec.Decode(row.Events.Span));

    /// <summary>The newest row of the executions table.</summary>
    public ExecutionRow Row => Rows.Last(row => row.Row is not null).Row!;

    /// <summary>From now on commits wait until <see cref="Release"/>, or their acknowledgements do.</summary>
    public void Hold(bool afterStoring = false)
    {
        _holdsAfterStoring = afterStoring;
        _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    public async Task AppendAsync(JournalAppend append, CancellationToken cancellationToken)
    {
        Appends++;
        var held = _held?.Task ?? Task.CompletedTask;
        if (!_holdsAfterStoring)
        {
            await held.WaitAsync(cancellationToken);
        }

        Before?.Invoke(append);
        lock (_gate)
        {
            if (append.Seq != _rows.Count(row => row.ExecutionId == append.ExecutionId) + 1)
            {
                throw new JournalConflictException(append.ExecutionId, append.Seq);
            }

            _rows.Add(append);
        }

        await held.WaitAsync(cancellationToken);
    }

    public Task<IReadOnlyList<JournalRow>> ReadAsync(Guid executionId, long afterSeq, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JournalRow>>(
            [.. Rows.Where(row => row.ExecutionId == executionId && row.Seq > afterSeq).Select(row => new JournalRow(row.Seq, row.Events, row.At))]);

    // Executions in memory keep the partition they were made for.
    public Task<int> FitPartitionsAsync(int partitions, CancellationToken cancellationToken) => Task.FromResult(0);

    public Task<bool> IsActiveAsync(Guid executionId, CancellationToken cancellationToken) =>
        Task.FromResult(Rows.LastOrDefault(row => row.ExecutionId == executionId && row.Row is not null)?.Row?.Status.IsTerminal() is false);
}
