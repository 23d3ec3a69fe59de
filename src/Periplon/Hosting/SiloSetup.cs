using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;
using Periplon.Configuration;
using Periplon.Engine;
using Periplon.Engine.Resources;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;

namespace Periplon.Hosting;

/// <summary>A silo of Periplon, from its configuration: the same for <c>server</c> and <c>worker</c>.</summary>
internal static class SiloSetup
{
    // Ports that other installations of Orleans use too; a restart on the same port is known to the cluster at once. A server that is alone
    // has no use for that, and several that start at the same time would all find the same port free.
    private const int UsualSiloPort = 11111;
    private const int UsualGatewayPort = 30000;

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
            silo.Configure<EndpointOptions>(options => ConfigureEndpoints(options, config));
            silo.AddPeriplonEngine(options =>
            {
                options.Partitions = config.Queue.Partitions;
                options.SweepInterval = TimeSpan.FromSeconds(config.Queue.SweepIntervalSecs);
                options.RunsTasks = config.Worker.Slots > 0;
                options.Slots = Math.Max(1, config.Worker.Slots);
                options.Tags = config.Worker.Tags;
                options.DrainTimeout = TimeSpan.FromSeconds(config.Worker.DrainSecs);
            });
        });
        host.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(config.Worker.DrainSecs + 15));
    }

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
        options.SiloPort = cluster.SiloPort != 0 ? cluster.SiloPort : FreePort(config.Storage.IsPostgres ? UsualSiloPort : 0);
        options.GatewayPort = cluster.GatewayPort != 0 ? cluster.GatewayPort : FreePort(config.Storage.IsPostgres ? UsualGatewayPort : 0);
    }

    private static int FreePort(int usual)
    {
        foreach (var port in usual == 0 ? [0] : new[] { usual, 0 })
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return ((IPEndPoint)probe.LocalEndPoint!).Port;
            }
            catch (SocketException) when (port != 0)
            {
                // Somebody else has the usual one.
            }
        }

        throw new InvalidOperationException("No TCP port is free");
    }
}
