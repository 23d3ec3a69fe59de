using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Audit;
using Periplon.Engine.Limits;
using Periplon.Engine.Logs;
using Periplon.Engine.Queue;
using Periplon.Engine.Tasks.Caching;

namespace Periplon.Engine.Storage;

/// <summary>Puts the stores into a host.</summary>
internal static class StorageHostingExtensions
{
    /// <summary>The database, the stores on it, the log writer and the artifact folder. The schema is the caller's to migrate.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">The database.</param>
    /// <param name="artifactFolder">Folder of the artifacts, created when it is first needed.</param>
    public static IServiceCollection AddPeriplonStorage(
        this IServiceCollection services, DatabaseOptions options, string artifactFolder) =>
        services.AddPeriplonStorage(Database.Open(options), artifactFolder);

    /// <summary>The same on a database that is open already, as it is when a silo is set up on it; the host disposes of it.</summary>
    public static IServiceCollection AddPeriplonStorage(
        this IServiceCollection services, Database database, string artifactFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => database);
        services.AddSingleton(provider =>
            new Migrator(database, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Migrator>>()));
        services.AddSingleton<PartitionMaintenance>();
        services.AddSingleton<JournalInstruments>();
        if (database.Kind is DatabaseKind.Postgres)
        {
            services.AddSingleton<IJournalStore, PostgresJournalStore>();
        }
        else
        {
            services.AddSingleton<IJournalStore, SqliteJournalStore>();
        }

        services.AddSingleton<IExecutionQueries, ExecutionQueries>();
        services.AddSingleton<IQueueStore, QueueStore>();
        services.AddSingleton<ILimitStore, LimitStore>();
        services.AddSingleton<IWorkflowStore, WorkflowStore>();
        services.AddSingleton<ITaskCacheStore, TaskCacheStore>();
        services.AddSingleton<ILogStore, LogStore>();
        services.AddSingleton<IAuditTrail, AuditTrail>();
        services.AddSingleton<LogWriter>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LogWriter>());
        services.AddSingleton(_ => new FileArtifactStore(artifactFolder));
        services.AddSingleton<IArtifactInventory>(provider => provider.GetRequiredService<FileArtifactStore>());
        services.AddSingleton<IArtifactStore>(provider => new CompressedArtifacts(provider.GetRequiredService<FileArtifactStore>()));
        return services;
    }
}
