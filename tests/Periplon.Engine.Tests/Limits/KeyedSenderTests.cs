using System.Collections.Concurrent;
using Periplon.Engine.Limits;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Limits;

public sealed class KeyedSenderTests
{
    private readonly ConcurrentQueue<(string Key, int[] Items)> _sent = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new();
    private int _sending;
    private int _mostSending;

    [Fact]
    public async Task SlowKey_DelaysNobodyElse()
    {
        var sender = Sender();
        Hold("slow");
        sender.TryAdd("slow", 1);
        for (var i = 0; i < 100; i++)
        {
            sender.TryAdd($"other {i % 10}", i);
        }

        await Eventually.TrueAsync("all others are sent", () => Task.FromResult(_sent.Where(s => s.Key != "slow").Sum(s => s.Items.Length) == 100));
        _held["slow"].SetResult();
    }

    [Fact]
    public async Task OneKey_StaysInOrderAndGoesTogether()
    {
        var sender = Sender();
        Hold("a");
        for (var i = 0; i < 10; i++)
        {
            sender.TryAdd("a", i);
        }

        _held["a"].SetResult();
        await Eventually.TrueAsync("all are sent", () => Task.FromResult(_sent.Sum(s => s.Items.Length) == 10));
        _sent.SelectMany(s => s.Items).ShouldBe(Enumerable.Range(0, 10));
        _sent.ShouldAllBe(s => s.Items.Length <= 4);
        _sent.Count.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task ItemThatWaitsAlready_IsSentOnceAndAgainWhenItComesLater()
    {
        var sender = Sender();
        Hold("a");
        sender.TryAdd("a", 0);
        await Eventually.TrueAsync("the first is under way", () => Task.FromResult(!_sent.IsEmpty));
        sender.TryAdd("a", 7).ShouldBeTrue();
        sender.TryAdd("a", 7).ShouldBeTrue();
        _held["a"].SetResult();
        await Eventually.TrueAsync("both are sent", () => Task.FromResult(_sent.Count == 2));
        _sent.Last().Items.ShouldBe([7]);
        sender.TryAdd("a", 7);
        await Eventually.TrueAsync("it is sent again", () => Task.FromResult(_sent.Count == 3));
    }

    [Fact]
    public async Task MoreThanTheCapacity_IsDroppedUntilSomeIsSent()
    {
        var sender = Sender();
        Hold("a");
        sender.TryAdd("a", -1);
        await Eventually.TrueAsync("the first is under way", () => Task.FromResult(!_sent.IsEmpty));
        Enumerable.Range(0, 300).Count(i => sender.TryAdd("a", i)).ShouldBe(200);
        _held["a"].SetResult();
        await Eventually.TrueAsync("what waits is sent", () => Task.FromResult(_sent.Sum(s => s.Items.Length) == 201));
        sender.TryAdd("a", 999).ShouldBeTrue();
    }

    [Fact]
    public async Task ManySlowKeys_AreSentSoManyAtATime()
    {
        var sender = Sender();
        for (var i = 0; i < 9; i++)
        {
            Hold($"k{i}");
            sender.TryAdd($"k{i}", i);
        }

        await Eventually.TrueAsync("as many are under way as may be", () => Task.FromResult(_sent.Count == 3));
        foreach (var held in _held.Values)
        {
            held.SetResult();
        }

        await Eventually.TrueAsync("all are sent", () => Task.FromResult(_sent.Count == 9));
        _mostSending.ShouldBe(3);
    }

    private void Hold(string key) => _held[key] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private KeyedSender<string, int> Sender() => new(parallelism: 3, capacity: 200, maxBatch: 4, async (key, items) =>
    {
        InterlockedMax(Interlocked.Increment(ref _sending));
        _sent.Enqueue((key, [.. items]));
        if (_held.TryGetValue(key, out var held))
        {
            await held.Task;
        }

        Interlocked.Decrement(ref _sending);
    });

    private void InterlockedMax(int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref _mostSending)) < value && Interlocked.CompareExchange(ref _mostSending, value, seen) != seen)
        {
        }
    }
}
