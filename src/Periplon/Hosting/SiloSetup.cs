using System.Net;
using Orleans.Configuration;
using Periplon.Configuration;
using Periplon.Engine;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Doctor;
using Periplon.Engine.Resources;
using Periplon.Engine.Retention;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;
using Periplon.Engine.Workflows;

namespace Periplon.Hosting;

/// <summary>A silo of Periplon, from its configuration: the same for <c>server</c> and <c>worker</c>.</summary>
internal static class SiloSetup
{
    // Of a look-up that nobody answers, as may happen when a silo freezes, all later messages of its silo to the same grain would wait for
    // the end: 30 seconds, as Orleans has it. Callers repeat what was not answered.
    private static readonly TimeSpan PlacementTimeout = TimeSpan.FromSeconds(3);

    public static void AddPeriplonSilo(this IHostApplicationBuilder host, PeriplonConfig config, Database database, string directory)
    {
        host.Services.AddPeriplonStorage(database, config.ArtifactsPath(directory));
        host.Services.AddPeriplonTasks(options =>
        {
            options.WorkRoot = config.WorkPath(directory);
            options.InlineOutputBytes = config.Artifacts.InlineBytes;
            options.PassEnvironment = [.. config.Worker.EnvAllow];
            options.ReadableEnvironment = [.. config.Worker.EnvAllow];
            options.AllowPrivateNetworks = config.Worker.AllowPrivateNetworks;
            options.ModelScript = config.ReadModelScript(directory);
        });
        host.Services.AddSingleton(RetentionOptionsOf(config.Retention));
        host.Services.AddSingleton<IDoctor>(provider => DoctorFactory.Create(
            new DoctorPlace
            {
                Database = database,
                Artifacts = provider.GetRequiredService<FileArtifactStore>(),
                Partitions = config.Queue.Partitions,
                Schedulers = config.Schedules.Shards,
                DataDirectory = config.DataDirectory(directory),
            },
            provider.GetRequiredService<WorkflowCatalog>(), provider.GetRequiredService<RetentionInstruments>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        host.Services.AddSingleton(new ResourceOptions
        {
            Directory = config.LibraryPath(directory), AllowPrivateNetworks = config.Worker.AllowPrivateNetworks,
        });
        host.Services.Configure<ScheduleOptions>(config.Schedules.Apply);
        host.UseOrleans(silo =>
        {
            database.ConfigureOrleans(silo, clustering: true);
            silo.Configure<ClusterOptions>(options =>
            {
                options.ClusterId = config.Cluster.Id;
                options.ServiceId = config.Cluster.ServiceId;
            });
            silo.Configure<ClusterMembershipOptions>(options => ConfigureMembership(options, config.Cluster));
            silo.Configure<SiloMessagingOptions>(options => options.PlacementTimeout = PlacementTimeout);
            silo.Configure<EndpointOptions>(options => ConfigureEndpoints(options, config));
            silo.AddPeriplonEngine(options =>
            {
                options.Partitions = config.Queue.Partitions;
                options.SweepInterval = TimeSpan.FromSeconds(config.Queue.SweepIntervalSecs);
                options.QueueWindow = config.Queue.Window;
                options.Ageing = TimeSpan.FromSeconds(config.Queue.AgeingSecs);
                options.RunsTasks = config.Worker.Slots > 0;
                options.Slots = Math.Max(1, config.Worker.Slots);
                options.Processes = config.Worker.Processes;
                options.Tags = config.Worker.Tags;
                options.DrainTimeout = TimeSpan.FromSeconds(config.Worker.DrainSecs);
                options.FenceAfter = TimeSpan.FromSeconds(Math.Max(1, config.Cluster.ProbeTimeoutSecs * config.Cluster.MissedProbes));
            });
        });
        host.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(config.Worker.DrainSecs + 15));
    }

    private static RetentionOptions RetentionOptionsOf(RetentionConfig retention) => new()
    {
        Enabled = retention.Enabled,
        MaxAge = TimeSpan.FromDays(retention.Days),
        MaxPerWorkflow = retention.MaxExecutions,
        Interval = TimeSpan.FromSeconds(retention.IntervalSecs),
        BatchSize = retention.BatchSize,
    };

    private static void ConfigureMembership(ClusterMembershipOptions options, ClusterConfig cluster)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(cluster.ProbeTimeoutSecs);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(cluster.MaxProbeTimeoutSecs);
        options.NumMissedProbesLimit = cluster.MissedProbes;
        options.NumVotesForDeathDeclaration = cluster.Votes;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(cluster.TableRefreshSecs);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(cluster.IAmAliveSecs);
    }

    private static void ConfigureEndpoints(EndpointOptions options, PeriplonConfig config)
    {
        var cluster = config.Cluster;
        // The ports between silos know no password: nobody else reaches them unless an address is named.
        options.AdvertisedIPAddress = cluster.AdvertisedIp is { } advertised ? IPAddress.Parse(advertised) : IPAddress.Loopback;
        (options.SiloPort, options.GatewayPort) = SiloPorts.Choose(config);
        options.SiloListeningEndpoint = ListeningEndpoint(cluster, options.AdvertisedIPAddress);
    }

    // An address that is mapped to this machine is none that can be listened on here.
    private static IPEndPoint? ListeningEndpoint(ClusterConfig cluster, IPAddress advertised) => cluster.SiloListenPort == 0
        ? null
        : new IPEndPoint(IPAddress.IsLoopback(advertised) ? advertised : IPAddress.Any, cluster.SiloListenPort);
}
