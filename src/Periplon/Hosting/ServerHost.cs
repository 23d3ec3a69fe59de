using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Console;
using Periplon.Api;
using Periplon.Api.Server;
using Periplon.Api.Workflows;
using Periplon.Commands;
using Periplon.Configuration;
using Periplon.Engine.Storage;

namespace Periplon.Hosting;

/// <summary><c>periplon server</c>: API, silo and worker in one process.</summary>
internal static partial class ServerHost
{
    public static async Task<int> RunAsync(PeriplonConfig config, ServerArguments arguments, CancellationToken cancellationToken)
    {
        using var lockFile = config.Storage.IsPostgres
            ? null
            : DataDirectoryLock.TryTake(config.DataDirectory(arguments.Directory), out var problem) ?? Refuse(problem);
        RequireFreePort(config);
        try
        {
            await SiloPorts.RunAsync(config, () => RunOnceAsync(config, arguments, cancellationToken));
            return ExitCode.Ok;
        }
        catch (IOException e) when (e.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            throw PortInUse(config);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }

    private static async Task RunOnceAsync(PeriplonConfig config, ServerArguments arguments, CancellationToken cancellationToken)
    {
        await using var database = Database.Open(DatabaseConnections.OptionsOf(config, arguments.Directory));
        await BecomeReadyAsync(config, database, cancellationToken);
        await using var app = Build(config, arguments, database);
        await app.StartAsync(cancellationToken);
        try
        {
            await Welcome.SayAsync(app.Services, AddressOf(app), cancellationToken);
            await app.WaitForShutdownAsync(cancellationToken);
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>The whole server, not yet started.</summary>
    internal static WebApplication Build(PeriplonConfig config, ServerArguments arguments, Database database)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ConfigureLogging(builder.Logging, config);
        builder.AddPeriplonSilo(config, database, arguments.Directory);
        builder.Services.AddPeriplonApi(new ApiOptions
        {
            Port = config.Server.Port,
            MaxBodyBytes = config.Server.MaxBodyBytes,
            QueuePartitions = config.Queue.Partitions,
        });
        builder.Services.AddSingleton<IWorkflowReader, WorkflowReader>();
        builder.Services.AddSingleton<IReadinessCheck, StorageCheck>();
        builder.Services.AddSingleton<IReadinessCheck, QueueCheck>();
        var app = builder.Build();
        app.MapPeriplonApi();
        return app;
    }

    internal static void ConfigureLogging(ILoggingBuilder logging, PeriplonConfig config)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss.fff ";
            options.ColorBehavior = Console.IsOutputRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });
        logging.SetMinimumLevel(config.Server.LogLevel switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.Information,
        });
        logging.AddFilter("Orleans", LogLevel.Warning);
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        logging.AddFilter("Polly", LogLevel.Warning);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }

    /// <summary>
    /// Waits for the database and brings its schema up; until then the port already answers that the server is not ready.
    /// </summary>
    internal static async Task BecomeReadyAsync(
        PeriplonConfig config, Database database, CancellationToken cancellationToken, bool servesHttp = true)
    {
        using var logging = LoggerFactory.Create(builder => ConfigureLogging(builder, config));
        var logger = logging.CreateLogger("Periplon.Storage");
        if (UnusedSettings.In(config) is { Count: > 0 } unused)
        {
            LogUnused(logger, string.Join(", ", unused));
        }

        if (await DatabaseConnections.ProbeAsync(database, cancellationToken) is { } problem)
        {
            await using var waiting = servesHttp ? await WaitingRoom.OpenAsync(config, cancellationToken) : null;
            await DatabaseConnections.WaitAsync(database, problem, TimeProvider.System, logger, cancellationToken);
        }

        var migrator = new Migrator(database, TimeProvider.System, logging.CreateLogger<Migrator>());
        if (await DatabaseConnections.PrepareAsync(migrator, config, cancellationToken) is { } unfit)
        {
            throw new CommandException(unfit);
        }

        if (!config.Storage.IsPostgres)
        {
            await StaleMembership.ForgetAsync(database, cancellationToken);
            await SqliteShrinking.EnableAsync(database, logging.CreateLogger("Periplon.Storage"), cancellationToken);
        }
    }

    // Looked at first, so that no silo joins a cluster only to leave it again.
    private static void RequireFreePort(PeriplonConfig config)
    {
        if (config.Server.Port == 0)
        {
            return;
        }

        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, config.Server.Port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw PortInUse(config);
        }
    }

    private static CommandException PortInUse(PeriplonConfig config) => new(
        $"Port {config.Server.Port} on {config.Server.Host} is in use by another program. "
        + "Choose another with --port (server.port), or 0 for a free one");

    private static DataDirectoryLock Refuse(string problem) => throw new CommandException(problem);

    private static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    [LoggerMessage(LogLevel.Warning, "These settings have no effect in this version: {Settings}")]
    private static partial void LogUnused(ILogger logger, string settings);
}
