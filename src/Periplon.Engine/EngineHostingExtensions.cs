using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.Placement;
using Orleans.Serialization;
using Orleans.Versions.Compatibility;
using Orleans.Versions.Selector;
using Periplon.Core.Reuse;
using Periplon.Engine.Bulk;
using Periplon.Engine.Executions;
using Periplon.Engine.Invariants;
using Periplon.Engine.Limits;
using Periplon.Engine.Membership;
using Periplon.Engine.Queue;
using Periplon.Engine.Resources;
using Periplon.Engine.Retention;
using Periplon.Engine.Reuse;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks.Caching;
using Periplon.Engine.Triggers;
using Periplon.Engine.Workers;
using Periplon.Engine.Workflows;

namespace Periplon.Engine;

/// <summary>The engine's door: what a host calls to make its silo run workflows.</summary>
public static class EngineHostingExtensions
{
    /// <summary>Adds grains' services, the queue, the worker and recovery. Storage and task runners are added before.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Changes the options.</param>
    public static ISiloBuilder AddPeriplonEngine(this ISiloBuilder silo, Action<EngineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        var services = silo.Services;
        services.AddOptions<EngineOptions>().Configure(options => configure?.Invoke(options)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        // Without this a caller on another silo is told that the exception has no codec, rather than what went wrong.
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.UnionWith(["Periplon", "Npgsql", "Polly"]));

        // While an upgrade rolls through the cluster, old silos still call new ones, and what new silos understand is placed on them alone:
        // they may have written what old ones cannot read.
        services.Configure<GrainVersioningOptions>(options =>
        {
            options.DefaultCompatibilityStrategy = nameof(BackwardCompatible);
            options.DefaultVersionSelectorStrategy = nameof(LatestVersion);
        });
        services.TryAddSingleton<EngineInstruments>();
        services.AddSingleton<InvariantMonitor>();
        services.AddSingleton<InvariantChecks>();
        services.AddSingleton<QueuePartitions>();
        services.AddSingleton<WorkflowCatalog>();
        services.AddSingleton<RetryPreparation>();
        services.AddSingleton<RevisionImpact>();
        services.TryAddSingleton(new ResourceOptions { Directory = Path.Combine("data", "library") });
        services.TryAddSingleton(provider => OpenLibraryOf(provider.GetRequiredService<ResourceOptions>().Directory));
        services.AddSingleton<ResourceResolver>();
        services.AddSingleton<ExecutionSignals>();
        services.TryAddSingleton<Pulse>();
        services.AddSingleton<LateMessages>();
        services.AddSingleton<EndWatches>();
        services.AddSingleton<ChildExecutions>();
        services.AddSingleton<LimitMessenger>();
        services.AddSingleton<WorkerLiveness>();
        services.AddSingleton<WorkerDirectory>();
        services.AddSingleton<IWorkerDirectory>(provider => provider.GetRequiredService<WorkerDirectory>());
        services.AddSingleton<LeaseRegistry>();
        services.AddSingleton<ClaimReturns>();
        services.AddSingleton<IAttemptRunner, AttemptRunner>();
        services.AddPlacementDirector<OwnSiloPlacement, OwnSiloPlacementDirector>();
        silo.KeepIdleExecutionsShortly();
        services.AddSchedulers();
        services.AddHostedService<RecoveryService>();
        services.AddHostedService<PartitionKeeper>();
        services.AddHostedService<WorkDirectoryCleaner>();
        services.AddHostedService<PartitionSchedule>();
        services.AddHostedService<TaskCacheCleaner>();

        // Before the worker, so that it still stands when the worker stops.
        services.AddSingleton<SiloFence>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloFence>());
        services.AddSingleton<WorkerSlots>();
        services.AddSingleton<ClaimedAttempts>();
        services.AddHostedService<WorkerService>();
        services.AddRetention();
        services.AddTriggers();
        services.AddBulkOperations();
        return silo;
    }

    // Read again each time: what an administrator puts there counts from the next workflow on.
    private static OpenLibrary OpenLibraryOf(string directory) => cancellationToken => Task.Run<IPredefinedTaskLibrary>(
        () => FileLibrary.Read(LibraryPlaces.OfServer(directory), ProjectLockfile.Read(directory)), cancellationToken);
}
