using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Logs;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class StorageHostingExtensionsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddPeriplonStorage_EmbeddedSilo_HasEveryStore()
    {
        var folder = Directory.CreateTempSubdirectory("periplon-host-").FullName;
        var database = Database.Open(DatabaseOptions.ForFile(Path.Combine(folder, "sub", "periplon.db")));
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddPeriplonStorage(database, Path.Combine(folder, "artifacts"));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(Ports.Free(), Ports.Free());
            database.ConfigureOrleans(silo, clustering: false);
        });
        var host = builder.Build();
        await host.Services.GetRequiredService<Migrator>().UpAsync(Ct);
        await host.StartAsync(Ct);

        host.Services.GetRequiredService<IExecutionQueries>();
        host.Services.GetRequiredService<IWorkflowStore>();
        host.Services.GetRequiredService<IArtifactStore>();
        host.Services.GetRequiredService<PartitionMaintenance>();
        var id = Guid.CreateVersion7();
        await host.Services.GetRequiredService<IJournalStore>().AppendAsync(new(id, 1, new byte[] { 1 }, id, default, null), Ct);
        var writer = host.Services.GetRequiredService<LogWriter>();
        await writer.WriteAsync(new() { ExecutionId = id, At = default, Level = "info", Stream = "engine", Message = "hello" }, Ct);
        await writer.FlushAsync(Ct);
        (await host.Services.GetRequiredService<ILogStore>().ReadAsync(id, 0, 10, null, null, Ct)).Count.ShouldBe(1);
        (await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("embedded").AddAsync(4)).ShouldBe(4);

        await host.StopAsync(Ct);
        await ((IAsyncDisposable)host).DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
