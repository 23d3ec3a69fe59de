using Periplon.Engine.Storage;

namespace Periplon.Simulation;

/// <summary>
/// The journal store of one silo, with the contract of the real one: whoever appends waits until the row is stored or refused. A lost
/// connection leaves open whether it was stored; the next try finds its own row by the writer's token. What was sent may be stored even
/// after the silo has died.
/// </summary>
internal sealed class SimulatedJournal(Silo silo) : IJournalStore
{
    private readonly World _world = silo.World;

    public Task AppendAsync(JournalAppend append, CancellationToken cancellationToken) =>
        _world.Protocol.AppendAsync(append, AppendAsync);

    public async Task<IReadOnlyList<JournalRow>> ReadAsync(Guid executionId, long afterSeq, CancellationToken cancellationToken) =>
        await AskAsync(() => _world.Database.Read(executionId, afterSeq));

    public Task<bool> IsActiveAsync(Guid executionId, CancellationToken cancellationToken) =>
        AskAsync(() => _world.Database.Rows.TryGetValue(executionId, out var row) && row.CompletedAt is null);

    public Task<int> FitPartitionsAsync(int partitions, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The number of partitions stays what it is");

    /// <summary>Writes the state of a grain; returns its new version.</summary>
    /// <exception cref="InconsistentStoreException">Another activation has written it since it was read.</exception>
    /// <exception cref="DatabaseAwayException">It may have been written or not.</exception>
    public async Task<long> WriteStateAsync(GrainKey key, object? state, long version)
    {
        var isAmbiguous = !_world.IsHealed && _world.Random.PerMille(_world.Faults.Ambiguous);
        var wasStored = !isAmbiguous || _world.Random.OneIn(2);
        var written = await AskAsync(() => wasStored ? _world.Database.WriteState(key, state, version) : 0);
        return isAmbiguous ? throw new DatabaseAwayException()
            : written < 0 ? throw new InconsistentStoreException()
            : written;
    }

    public Task<(object? State, long Version)> ReadStateAsync(GrainKey key) => AskAsync(() => _world.Database.ReadState(key));

    private async Task AppendAsync(JournalAppend append)
    {
        for (var backoff = TimeSpan.FromMilliseconds(20); ; backoff = backoff * 2 < MaxBackoff ? backoff * 2 : MaxBackoff)
        {
            try
            {
                if (await TryAppendAsync(append) is AppendOutcome.Conflict)
                {
                    _world.Trace?.Invoke($"{silo}: row {append.Seq} of {append.ExecutionId.ToString()[^6..]} is in conflict");
                    throw new JournalConflictException(append.ExecutionId, append.Seq);
                }

                return;
            }
            catch (DatabaseAwayException)
            {
                await silo.DelayAsync(backoff);
            }
        }
    }

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(2);

    private async Task<AppendOutcome> TryAppendAsync(JournalAppend append)
    {
        if (_world.IsHealed || !_world.Random.PerMille(_world.Faults.Ambiguous))
        {
            return await AskAsync(() => _world.Database.Commit(append));
        }

        switch (_world.Random.Next(4))
        {
            case 0:
                _world.Trace?.Invoke($"{silo}: row {append.Seq} of {append.ExecutionId.ToString()[^6..]} is lost on its way");
                break;
            case 1:
                // It is on its way in the server while the next try is made.
                var late = _world.Random.Milliseconds(1, 8_000);
                _world.Trace?.Invoke($"{silo}: row {append.Seq} of {append.ExecutionId.ToString()[^6..]} is late by {late}");
                _world.After(late, null, () => _world.Database.Commit(append));
                break;
            case 2:
                _world.Trace?.Invoke($"{silo}: the answer to row {append.Seq} of {append.ExecutionId.ToString()[^6..]} is lost");
                await AskAsync(() => _world.Database.Commit(append));
                break;
            default:
                // The store was closed while it waited.
                _world.Trace?.Invoke($"{silo}: row {append.Seq} of {append.ExecutionId.ToString()[^6..]} is given up");
                await AskAsync(() => _world.Database.Commit(append));
                throw new ObjectDisposedException(nameof(IJournalStore), "the outcome is unknown");
        }

        await silo.DelayAsync(_world.Random.Milliseconds(1, 500));
        throw new DatabaseAwayException();
    }

    // There and back: what was sent is done even if nobody is there any more to hear of it.
    internal Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>();
        _world.After(_world.Random.Milliseconds(1, 12), null, () =>
        {
            if (_world.Database.IsAway)
            {
                _world.After(_world.Random.Milliseconds(1, 100), silo, () => answer.TrySetException(new DatabaseAwayException()));
                return;
            }

            var told = question();
            _world.After(_world.Random.Milliseconds(0, 8), silo, () => answer.TrySetResult(told));
        });
        return answer.Task;
    }
}
