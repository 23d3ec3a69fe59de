using System.CommandLine;
using System.Globalization;
using System.Net;
using Periplon.Configuration;

namespace Periplon.Commands;

/// <summary><c>periplon server</c>: API, web pages, silo and worker in one process.</summary>
internal static class ServerCommand
{
    public static Command Create(CommandShell shell, Func<PeriplonConfig, ServerArguments, CancellationToken, Task<int>> run)
    {
        var file = CommonOptions.ConfigFile();
        var port =
            new Option<int?>("--port", "-p") { Description = "TCP port (server.port; default 8080, 0 takes a free one)", HelpName = "N" };
        var host =
            new Option<string?>("--host") { Description = "Address to listen on (server.host; default 127.0.0.1)", HelpName = "ADDRESS" };
        var dataDir = CommonOptions.DataDir();
        var slots = WorkerCommand.Slots("--workers", "--worker-concurrency");
        var migrate =
            new Option<bool>("--migrate") { Description = "Apply pending migrations to PostgreSQL first (SQLite always is migrated)" };
        var script = CommonOptions.ModelScript();
        var dev = new Option<bool>("--dev") { Description = "No sign-in; only on a loopback address" };
        var command = new Command("server", "Run the server") { file, port, host, dataDir, slots, migrate, script, dev };
        command.SetAction((parsed, _) =>
        {
            var config = shell.LoadConfig(
                parsed.GetValue(file),
                [
                    .. Argument("server.port", parsed.GetValue(port), "--port"),
                    .. Argument("server.host", parsed.GetValue(host), "--host"),
                    .. Argument("server.data_dir", parsed.GetValue(dataDir), "--data-dir"),
                    .. Argument("worker.slots", parsed.GetValue(slots), "--slots"),
                    .. Argument("ai.script", parsed.GetValue(script), "--ai-script"),
                    .. Argument("storage.auto_migrate", parsed.GetValue(migrate) ? "true" : null, "--migrate"),
                ]).Config!;
            if (parsed.GetValue(dev) && !IsLoopback(config.Server.Host))
            {
                throw new CommandException(
                    "--dev lets everybody in who reaches the port, so it needs a loopback address; "
                    + $"server.host is \"{config.Server.Host}\"",
                    exitCode: ExitCode.Configuration);
            }

            return run(config, new ServerArguments(shell.Directory, parsed.GetValue(dev)), shell.Cancel);
        });
        return command;
    }

    /// <summary>A setting for an option that was given, none for one that was not.</summary>
    public static IEnumerable<ConfigArgument> Argument(string path, object? value, string option) =>
        value is null ? [] : [new ConfigArgument(path, Convert.ToString(value, CultureInfo.InvariantCulture)!, option)];

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
