using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Periplon.Configuration;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;
using Periplon.Hosting;

namespace Periplon.Tests.Hosting;

public sealed class SiloSetupTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddPeriplonSilo_AllowPrivateNetworks_ReachesTheTasks(bool allowed)
    {
        var config = new PeriplonConfig { Worker = new WorkerConfig { AllowPrivateNetworks = allowed } };
        var host = Host.CreateApplicationBuilder();
        await using var database = Database.Open(DatabaseConnections.OptionsOf(config, Path.GetTempPath()));

        host.AddPeriplonSilo(config, database, Path.GetTempPath());

        await using var services = host.Services.BuildServiceProvider();
        services.GetRequiredService<IOptions<TaskOptions>>().Value.AllowPrivateNetworks.ShouldBe(allowed);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:11112")]
    [InlineData("192.0.2.7", "0.0.0.0:11112")]
    public async Task AddPeriplonSilo_AListenPortOfItsOwn_IsOpenedInsteadOfTheAdvertisedOne(string advertised, string expected)
    {
        var config = new PeriplonConfig
        {
            Cluster = new ClusterConfig { AdvertisedIp = advertised, SiloPort = 11111, SiloListenPort = 11112, GatewayPort = 30000 },
        };
        var host = Host.CreateApplicationBuilder();
        await using var database = Database.Open(DatabaseConnections.OptionsOf(config, Path.GetTempPath()));

        host.AddPeriplonSilo(config, database, Path.GetTempPath());

        await using var services = host.Services.BuildServiceProvider();
        var endpoints = services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        $"{endpoints.SiloListeningEndpoint}".ShouldBe(expected);
        endpoints.SiloPort.ShouldBe(11111);
    }

    [Fact]
    public void WorkerConfig_SaysNothing_AllowsPrivateNetworks() => new WorkerConfig().AllowPrivateNetworks.ShouldBeTrue();
}
