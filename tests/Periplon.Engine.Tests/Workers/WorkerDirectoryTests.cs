using Periplon.Engine.Invariants;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Cluster;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Workers;

public sealed class WorkerDirectoryTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_ASiloThatNoticedABreak_SaysHowMany()
    {
        var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.Slots = 3);
        var monitor = cluster.Service<InvariantMonitor>();
        monitor.OnBroken(Invariant.All[0], "execution 1", "a test did it");
        monitor.OnBroken(Invariant.All[1], "execution 1", "a test did it");
        monitor.OnBroken(Invariant.All[1], "execution 2", "a test did it");

        var worker = (await cluster.Service<IWorkerDirectory>().ListAsync(Ct)).ShouldHaveSingleItem();
        (worker.Stats.Slots, worker.Stats.BrokenInvariants).ShouldBe((3, 3));

        // Test clusters do not let a break pass.
        await Assert.ThrowsAsync<ShouldAssertException>(async () => await cluster.DisposeAsync());
    }
}
