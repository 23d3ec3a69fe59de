using Periplon.Commands;
using Periplon.Configuration;
using Periplon.Engine.Storage;

namespace Periplon.Hosting;

/// <summary><c>periplon worker</c>: silo and worker slots, no API.</summary>
internal static class WorkerHost
{
    public static async Task<int> RunAsync(PeriplonConfig config, WorkerArguments arguments, CancellationToken cancellationToken)
    {
        if (!config.Storage.IsPostgres)
        {
            throw new CommandException(
                "A worker joins a cluster over PostgreSQL, and storage.backend is sqlite. Set DATABASE_URL, or run 'periplon server', "
                + "which has a worker of its own",
                exitCode: ExitCode.Configuration);
        }

        try
        {
            await SiloPorts.RunAsync(config, () => RunOnceAsync(config, arguments, cancellationToken));
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }
    private static async Task RunOnceAsync(PeriplonConfig config, WorkerArguments arguments, CancellationToken cancellationToken)
    {
        await using var database = Database.Open(DatabaseConnections.OptionsOf(config, arguments.Directory));
        await ServerHost.BecomeReadyAsync(config, database, cancellationToken, servesHttp: false);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        ServerHost.ConfigureLogging(builder.Logging, config);
        builder.AddPeriplonSilo(config, database, arguments.Directory);
        if (arguments.Id is { } name)
        {
            builder.Services.Configure<Orleans.Configuration.SiloOptions>(options => options.SiloName = name);
        }

        using var host = builder.Build();
        await host.RunAsync(cancellationToken);
    }
}
