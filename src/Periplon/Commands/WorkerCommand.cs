using System.CommandLine;
using Periplon.Configuration;

namespace Periplon.Commands;

/// <summary><c>periplon worker</c>: a silo with worker slots and no public API.</summary>
internal static class WorkerCommand
{
    public static Command Create(CommandShell shell, Func<PeriplonConfig, WorkerArguments, CancellationToken, Task<int>> run)
    {
        var file = CommonOptions.ConfigFile();
        var slots = Slots("--concurrency");
        var tags =
            new Option<string[]>("--tag") { Description = "Tag that tasks may ask for (worker.tags); may be repeated", HelpName = "TAG" };
        var dataDir = CommonOptions.DataDir();
        var id = new Option<string?>("--worker-id")
        {
            Description = "Name of the worker in lists and logs (default: the host's name)", HelpName = "ID",
        };
        var script = CommonOptions.ModelScript();
        var command = new Command("worker", "Run a worker of a cluster") { file, slots, tags, dataDir, script, id };
        command.SetAction((parsed, _) =>
        {
            var config = shell.LoadConfig(
                parsed.GetValue(file),
                [
                    .. ServerCommand.Argument("worker.slots", parsed.GetValue(slots), "--slots"),
                    .. ServerCommand.Argument(
                        "worker.tags", parsed.GetValue(tags) is { Length: > 0 } given ? string.Join(',', given) : null, "--tag"),
                    .. ServerCommand.Argument("server.data_dir", parsed.GetValue(dataDir), "--data-dir"),
                    .. ServerCommand.Argument("ai.script", parsed.GetValue(script), "--ai-script"),
                ]).Config!;
            if (config.Worker.Slots == 0)
            {
                throw new CommandException("a worker needs at least one slot; worker.slots is 0", exitCode: ExitCode.Configuration);
            }

            return run(config, new WorkerArguments(shell.Directory, parsed.GetValue(id)), shell.Cancel);
        });
        return command;
    }

    /// <summary>The number of slots, under its older names too. <c>--workers</c> had no value once, so that none is allowed.</summary>
    public static Option<int?> Slots(params string[] olderNames) => new("--slots", olderNames)
    {
        Description = "Attempts that run at the same time (worker.slots; default 1000)",
        HelpName = "N",
        Arity = ArgumentArity.ZeroOrOne,
    };
}
