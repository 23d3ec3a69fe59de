using Microsoft.Extensions.DependencyInjection;
using Periplon.Client.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Cluster;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Workers;

/// <summary>Slots of a worker in a silo whose fence is open.</summary>
public sealed class WorkerSlotsTests : IAsyncLifetime
{
    private EngineCluster _cluster = null!;
    private readonly List<WorkerSlot> _taken = [];
    private WorkerSlots _slots = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite,
            configure: engine =>
            {
                engine.Slots = 3;
                engine.Processes = 1;
                engine.Tags = ["gpu"];
            });
        _slots = _cluster.Service<WorkerSlots>();
    }

    // A worker that stops waits for its slots.
    public async ValueTask DisposeAsync()
    {
        _taken.ForEach(slot => slot.Release());
        await _cluster.DisposeAsync();
    }

    [Fact]
    public void TryTakeAhead_TagTheWorkerDoesNotCarry_TakesNothing()
    {
        Ahead(["arm"], isProcess: false).ShouldBeNull();
        Ahead(["gpu"], isProcess: false).ShouldNotBeNull();
    }

    [Fact]
    public async Task TryTakeAhead_ProcessWhileAPartitionWasAskedWithoutThem_WaitsUntilItIsAskedForAll()
    {
        var all = _slots.Tags;
        var process = Ahead([], isProcess: true).ShouldNotBeNull();
        _slots.Asks(0, _slots.Tags);
        process.Release();
        Ahead([], isProcess: true).ShouldBeNull("processes may wait in the partition");
        (await _slots.WaitAsync(Ct)).Release();
        Ahead([], isProcess: false).ShouldNotBeNull().Release();
        _slots.Asks(0, all);
        Ahead([], isProcess: true).ShouldNotBeNull();
    }

    [Fact]
    public void TryTakeAhead_WorkWaitsInAPartition_LeavesTheSlotToIt()
    {
        _slots.HasWork(0, true);
        Ahead([], isProcess: false).ShouldBeNull();
        _slots.HasWork(0, false);
        Ahead([], isProcess: false).ShouldNotBeNull();
    }

    [Fact]
    public void TryTakeAhead_AsManyProcessesAsAllowed_TakesOthersOnlyAndSaysSo()
    {
        var process = Ahead([], isProcess: true).ShouldNotBeNull();
        _slots.Tags.ShouldBe(["gpu", WorkerMarks.NoProcess]);
        Ahead([], isProcess: true).ShouldBeNull();
        var freed = _slots.WhenProcessFreeAsync();
        freed.IsCompleted.ShouldBeFalse();
        Ahead([], isProcess: false).ShouldNotBeNull();

        process.Release().ShouldBeTrue();
        process.Release().ShouldBeFalse();
        freed.IsCompleted.ShouldBeTrue();
        _slots.Tags.ShouldBe(["gpu"]);
        Ahead([], isProcess: true).ShouldNotBeNull();
    }

    [Fact]
    public async Task WaitForProcess_PlaceIsTaken_WaitsUntilItIsFree()
    {
        var first = await _slots.WaitAsync(Ct);
        await _slots.WaitForProcessAsync(first, Ct);
        var second = await _slots.WaitAsync(Ct);
        var waiting = _slots.WaitForProcessAsync(second, Ct);
        waiting.IsCompleted.ShouldBeFalse();
        first.Release();
        await waiting;
        second.HasProcess.ShouldBeTrue();
        second.Release();
    }

    [Fact]
    public async Task Drain_LeaseIsHeld_WaitsForIt()
    {
        var leases = _cluster.Service<LeaseRegistry>();
        var token = Guid.NewGuid();
        leases.Add(token, Ct);
        leases.Drain();
        var draining = _slots.DrainAsync(Ct);
        Ahead([], isProcess: false).ShouldBeNull("it takes nothing any more");
        draining.IsCompleted.ShouldBeFalse();
        leases.Remove(token);
        await draining;
    }

    private WorkerSlot? Ahead(IReadOnlyList<string> tags, bool isProcess)
    {
        if (_slots.TryTakeAhead(tags, isProcess) is not { } slot)
        {
            return null;
        }

        _taken.Add(slot);
        return slot;
    }
}
