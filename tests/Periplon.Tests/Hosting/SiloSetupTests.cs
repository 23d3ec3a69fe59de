using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
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

    [Fact]
    public void WorkerConfig_SaysNothing_AllowsPrivateNetworks() => new WorkerConfig().AllowPrivateNetworks.ShouldBeTrue();
}
