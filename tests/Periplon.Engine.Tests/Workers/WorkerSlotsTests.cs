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

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public void TryTakeAhead_TagTheWorkerDoesNotCarry_TakesNothing()
    {
        _slots.TryTakeAhead(["arm"], isProcess: false).ShouldBeNull();
        _slots.TryTakeAhead(["gpu"], isProcess: false).ShouldNotBeNull();
    }

    [Fact]
    public void TryTakeAhead_WorkWaitsInAPartition_LeavesTheSlotToIt()
    {
        _slots.HasWork(0, true);
        _slots.TryTakeAhead([], isProcess: false).ShouldBeNull();
        _slots.HasWork(0, false);
        _slots.TryTakeAhead([], isProcess: false).ShouldNotBeNull();
    }

    [Fact]
    public void TryTakeAhead_AsManyProcessesAsAllowed_TakesOthersOnlyAndSaysSo()
    {
        var process = _slots.TryTakeAhead([], isProcess: true).ShouldNotBeNull();
        _slots.Tags.ShouldBe(["gpu", WorkerMarks.NoProcess]);
        _slots.TryTakeAhead([], isProcess: true).ShouldBeNull();
        var freed = _slots.WhenProcessFreeAsync();
        freed.IsCompleted.ShouldBeFalse();
        _slots.TryTakeAhead([], isProcess: false).ShouldNotBeNull();

        process.Release().ShouldBeTrue();
        process.Release().ShouldBeFalse();
        freed.IsCompleted.ShouldBeTrue();
        _slots.Tags.ShouldBe(["gpu"]);
        _slots.TryTakeAhead([], isProcess: true).ShouldNotBeNull();
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
    }

    [Fact]
    public async Task Drain_LeaseIsHeld_WaitsForIt()
    {
        var leases = _cluster.Service<LeaseRegistry>();
        var token = Guid.NewGuid();
        leases.Add(token, Ct);
        leases.Drain();
        var draining = _slots.DrainAsync(Ct);
        _slots.TryTakeAhead([], isProcess: false).ShouldBeNull("it takes nothing any more");
        draining.IsCompleted.ShouldBeFalse();
        leases.Remove(token);
        await draining;
    }
}
