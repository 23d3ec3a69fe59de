using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Cluster;

namespace Periplon.Engine.Tests.Retention;

public sealed class RetentionServiceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunOnce_SeveralSilos_OnlyTheLowestDeletes()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, silos: 2);
        var id = await cluster.RunAsync("", "a");
        await cluster.EndAsync(id);
        await cluster.Database.ScalarAsync($"update executions set completed_at = 1 where id = '{id:D}'");
        var silos = cluster.Silos.OrderBy(silo => silo.SiloAddress).ToList();

        await RetentionOf(silos[1]).RunOnceAsync(Ct);
        (await cluster.Database.ScalarAsync("select count(*) from executions")).ShouldBe(1L);
        await RetentionOf(silos[0]).RunOnceAsync(Ct);
        (await cluster.Database.ScalarAsync("select count(*) from executions")).ShouldBe(0L);
        (await cluster.Database.ScalarAsync("select count(*) from execution_events")).ShouldBe(0L);
    }

    [Fact]
    public async Task RunOnce_FolderOfFilesThatCannotBeRead_KeepsNoRows()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        var id = await cluster.RunAsync("", "a");
        await cluster.EndAsync(id);
        await cluster.Database.ScalarAsync($"update executions set completed_at = 1 where id = '{id:D}'");
        var services = cluster.Silos[0].ServiceProvider;
        var sweep = ActivatorUtilities.CreateInstance<ArtifactSweep>(services, new UnreadableFolder());
        using var service = ActivatorUtilities.CreateInstance<RetentionService>(services, sweep);

        await service.RunOnceAsync(Ct);
        (await cluster.Database.ScalarAsync("select count(*) from executions")).ShouldBe(0L);
    }

    private sealed class UnreadableFolder : IArtifactInventory
    {
        public int Parts => 1;

        public IEnumerable<ArtifactFolder> List(int part) => throw new UnauthorizedAccessException("no permission to read it");
    }

    private static RetentionService RetentionOf(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetServices<IHostedService>().OfType<RetentionService>().Single();
}
