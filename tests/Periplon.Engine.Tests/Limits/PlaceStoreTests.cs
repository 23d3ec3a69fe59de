using Orleans.Runtime;
using Orleans.Storage;
using Periplon.Client.Limits;
using Periplon.Core.Limits;
using Periplon.Engine.Limits;

namespace Periplon.Engine.Tests.Limits;

public sealed class PlaceStoreTests
{
    private static readonly LimitHolder First = new(Guid.NewGuid(), "a", DateTimeOffset.UnixEpoch);
    private static readonly LimitHolder Second = First with { Task = "b" };

    private readonly StoredPlaces _stored = new();
    private readonly PlaceStore _store;

    public PlaceStoreTests() => _store = new PlaceStore(_stored);

    [Fact]
    public async Task Save_AfterAWriteWhoseAnswerWasLost_WritesOverIt()
    {
        await UnansweredAsync(First);
        Holds(First);
        Conflicts(times: 1);
        await _store.SaveAsync(Limit(First, Second));
        _stored.Row.Holders.ShouldBe([LimitPlace.Of(First), LimitPlace.Of(Second)]);
    }

    [Fact]
    public async Task Save_AnotherActivationHasWritten_IsNotForgiven()
    {
        await UnansweredAsync(First);
        Holds(Second);
        Conflicts(times: 9);
        await Should.ThrowAsync<InconsistentStateException>(_store.SaveAsync(Limit(First, Second)));
    }

    [Fact]
    public async Task Save_ConflictWithoutAWriteWhoseAnswerWasLost_IsNotForgiven()
    {
        Conflicts(times: 1);
        await Should.ThrowAsync<InconsistentStateException>(_store.SaveAsync(Limit(First)));
        await _store.SaveAsync(Limit(First));
        Conflicts(times: 1);
        await Should.ThrowAsync<InconsistentStateException>(_store.SaveAsync(Limit(Second)));
    }

    private static ConcurrencyLimit Limit(params LimitHolder[] holders) =>
        ConcurrencyLimit.Empty with { Limit = 2, Holders = [.. holders] };

    private async Task UnansweredAsync(LimitHolder holder)
    {
        _stored.Failures.Enqueue(new TimeoutException());
        await Should.ThrowAsync<TimeoutException>(_store.SaveAsync(Limit(holder)));
    }

    private void Holds(LimitHolder holder) => _stored.Row = new ConcurrencyState { Limit = 2, Holders = [LimitPlace.Of(holder)] };

    private void Conflicts(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _stored.Failures.Enqueue(new InconsistentStateException("other"));
        }
    }

    private sealed class StoredPlaces : IPersistentState<ConcurrencyState>
    {
        public Queue<Exception> Failures { get; } = new();

        public ConcurrencyState Row { get; set; } = new();

        public ConcurrencyState State { get; set; } = new();

        public string Etag => "";

        public bool RecordExists => true;

        public Task ClearStateAsync() => WriteStateAsync();

        public Task ReadStateAsync()
        {
            State = Row;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync()
        {
            if (Failures.TryDequeue(out var failure))
            {
                return Task.FromException(failure);
            }

            Row = State;
            return Task.CompletedTask;
        }
    }
}
