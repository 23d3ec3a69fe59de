using System.Threading.Channels;

namespace Periplon.Engine.Storage;

/// <summary>An append that waits for its commit.</summary>
internal sealed class PendingAppend(JournalAppend append)
{
    private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JournalAppend Append => append;

    /// <summary>Completes when the append is stored, refused or given up.</summary>
    public Task Stored => _stored.Task;

    public void Succeed() => _stored.TrySetResult();

    public void Fail(Exception exception) => _stored.TrySetException(exception);

    public void Cancel(CancellationToken cancellationToken) => _stored.TrySetCanceled(cancellationToken);
}

/// <summary>
/// Appends on their way to the flushers. At most one append of an execution is out at a time, so that no batch holds two of them and no two
/// flushers can swap them; the next one becomes ready when the one before is released.
/// </summary>
internal sealed class AppendQueue
{
    private readonly Channel<PendingAppend> _ready = Channel.CreateUnbounded<PendingAppend>();
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Queue<PendingAppend>?> _busy = [];
    private bool _closed;

    public bool TryAdd(PendingAppend pending)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (_busy.TryGetValue(pending.Append.ExecutionId, out var followers))
            {
                followers ??= _busy[pending.Append.ExecutionId] = new();
                followers.Enqueue(pending);
                return true;
            }

            _busy[pending.Append.ExecutionId] = null;
            return _ready.Writer.TryWrite(pending);
        }
    }

    /// <summary>Waits until there is something to take; false when the queue is closed and empty.</summary>
    public ValueTask<bool> WaitAsync() => _ready.Reader.WaitToReadAsync();

    /// <summary>Takes what is ready now, without waiting for more: the commit that is under way gathers the next batch.</summary>
    public void Take(List<PendingAppend> batch, int max)
    {
        while (batch.Count < max && _ready.Reader.TryRead(out var pending))
        {
            batch.Add(pending);
        }
    }

    /// <summary>Ends the turn of an append, whatever came of it, and lets the next one of its execution go.</summary>
    public void Release(PendingAppend pending)
    {
        lock (_gate)
        {
            if (_busy[pending.Append.ExecutionId] is { Count: > 0 } followers)
            {
                _ready.Writer.TryWrite(followers.Dequeue());
            }
            else
            {
                _busy.Remove(pending.Append.ExecutionId);
            }

            CompleteWhenEmpty();
        }
    }

    /// <summary>Takes no more appends; those in it still go out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            CompleteWhenEmpty();
        }
    }

    private void CompleteWhenEmpty()
    {
        if (_closed && _busy.Count == 0)
        {
            _ready.Writer.TryComplete();
        }
    }
}
