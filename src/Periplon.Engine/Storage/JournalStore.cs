using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

/// <summary>What came of one append of a batch.</summary>
internal enum AppendOutcome
{
    Stored,

    /// <summary>The row was there already, with the token of this append: an earlier try had been committed.</summary>
    Recovered,

    Conflict,
}

/// <summary>
/// Group commit: flushers take whatever waits and commit it together. How a batch is written is the database's own matter; what happens
/// around it, retries, lonely tries of a poisoned batch and acknowledgement, is here.
/// </summary>
internal abstract partial class JournalStore(
    Database database, JournalInstruments instruments, TimeProvider time, ILogger logger) : IJournalStore, IAsyncDisposable
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    private readonly AppendQueue _queue = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _flushers;
    private int _isLost;

    protected Database Database => database;

    public async Task AppendAsync(JournalAppend append, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingAppend(append);
        if (!_queue.TryAdd(pending))
        {
            throw new ObjectDisposedException(nameof(JournalStore), "The journal has been closed");
        }

        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingAppend)state!).Cancel(token), pending);
        await pending.Stored;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        try
        {
            await (_flushers ?? Task.CompletedTask).WaitAsync(StopGrace, time);
        }
        catch (TimeoutException)
        {
            // The database is away: who still waits is told that the outcome is unknown.
            await _stop.CancelAsync();
            await _flushers!;
        }

        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void StartFlushers(int count) =>
        _flushers = Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(FlushAsync)));

    /// <summary>For a database whose driver blocks: one thread of its own, which keeps the pool free.</summary>
    protected void StartFlusherThread(string name)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _flushers = ended.Task;
        new Thread(() =>
        {
            while (_queue.WaitAsync().AsTask().GetAwaiter().GetResult())
            {
                FlushOnceAsync().GetAwaiter().GetResult();
            }

            OnFlusherEnded();
            ended.SetResult();
        })
        { Name = name, IsBackground = true }.Start();
    }

    /// <summary>Writes a batch, in the order of execution ids, in one transaction; returns after its commit.</summary>
    /// <param name="batch">The appends, one of an execution at most.</param>
    /// <param name="attempt">How often this batch has failed in passing before.</param>
    protected abstract Task<AppendOutcome[]> WriteAsync(IReadOnlyList<JournalAppend> batch, int attempt);

    protected virtual void OnFlusherEnded()
    {
    }

    private async Task FlushAsync()
    {
        while (await _queue.WaitAsync())
        {
            await FlushOnceAsync();
        }
    }

    private async Task FlushOnceAsync()
    {
        var batch = new List<PendingAppend>();
        _queue.Take(batch, database.Options.JournalMaxBatch);
        if (batch.Count > 0)
        {
            // One order for all silos, so that two batches with common executions cannot wait for each other.
            batch.Sort(static (left, right) => left.Append.ExecutionId.CompareTo(right.Append.ExecutionId));
            await CommitAsync(batch);
        }
    }

    private async Task CommitAsync(List<PendingAppend> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            ReleaseSettled(batch);
            if (batch.Count == 0)
            {
                return;
            }

            try
            {
                var outcomes = await WriteAsync(batch.ConvertAll(static pending => pending.Append), attempt);
                OnCommitted(batch, outcomes);
                return;
            }
            catch (Exception exception) when (StorageErrors.IsTransient(exception))
            {
                // What was sent may have been committed. The next try finds its own rows by their token, and a try that still runs in
                // the server holds the key until it ends, so nothing is stored twice.
                OnTransient(exception);
                await BackOffAsync(attempt, batch);
                await AskAgainAsync(batch);
            }
            catch (Exception) when (batch.Count > 1)
            {
                // One row spoils the statement for all: each goes alone, and the bad one fails alone.
                foreach (var pending in batch)
                {
                    await CommitAsync([pending]);
                }

                return;
            }
            catch (Exception exception)
            {
                instruments.OnRejected();
                LogRejected(exception, batch[0].Append.ExecutionId, batch[0].Append.Seq);
                batch[0].Fail(exception);
            }
        }
    }

    // The database may come back to a silo that was declared dead meanwhile.
    private async Task AskAgainAsync(List<PendingAppend> batch)
    {
        foreach (var pending in batch.Where(pending => !pending.Stored.IsCompleted))
        {
            try
            {
                if (pending.Append.BeforeRepeat is { } ask)
                {
                    await ask().AsTask().WaitAsync(_stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                pending.Fail(Closed());
            }
            catch (Exception e)
            {
                pending.Fail(e);
            }
        }
    }

    private void ReleaseSettled(List<PendingAppend> batch) => batch.RemoveAll(pending =>
    {
        if (!pending.Stored.IsCompleted)
        {
            return false;
        }

        _queue.Release(pending);
        return true;
    });

    private void OnCommitted(List<PendingAppend> batch, AppendOutcome[] outcomes)
    {
        if (Interlocked.Exchange(ref _isLost, 0) == 1)
        {
            LogRegained();
        }

        instruments.OnCommitted(outcomes.Count(static outcome => outcome is AppendOutcome.Stored));
        for (var i = 0; i < batch.Count; i++)
        {
            var (pending, append) = (batch[i], batch[i].Append);
            switch (outcomes[i])
            {
                case AppendOutcome.Conflict:
                    instruments.OnConflict();
                    pending.Fail(new JournalConflictException(append.ExecutionId, append.Seq));
                    break;
                case AppendOutcome.Recovered:
                    instruments.OnRecovered();
                    pending.Succeed();
                    break;
                default:
                    pending.Succeed();
                    break;
            }

            _queue.Release(pending);
        }
    }

    private void OnTransient(Exception exception)
    {
        instruments.OnRetry();
        if (Interlocked.Exchange(ref _isLost, 1) == 0)
        {
            LogLost(exception);
        }
    }

    private async Task BackOffAsync(int attempt, List<PendingAppend> batch)
    {
        var delay = FirstBackoff * Math.Pow(2, Math.Min(attempt, 10));
        try
        {
            await Task.Delay(delay < LongestBackoff ? delay : LongestBackoff, time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            batch.ForEach(static pending => pending.Fail(Closed()));
        }
    }

    private static ObjectDisposedException Closed() =>
        new(nameof(JournalStore), "The journal was closed while the database was away; the outcome is unknown");
}
