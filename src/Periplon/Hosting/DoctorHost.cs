using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Api.Server;
using Periplon.Commands;
using Periplon.Configuration;
using Periplon.Engine;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Doctor;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Hosting;

/// <summary><c>periplon doctor</c> on the configured database itself.</summary>
internal static class DoctorHost
{
    /// <summary>Examines the database; null when a server has it to itself, which then is the one to ask.</summary>
    public static async Task<DoctorObject?> ExamineAsync(
        PeriplonConfig config, DoctorArguments arguments, CancellationToken cancellationToken)
    {
        DataDirectoryLock? held = null;
        if (!config.Storage.IsPostgres)
        {
            var file = config.SqlitePath(arguments.Directory);
            if (!File.Exists(file))
            {
                throw new CommandException($"there is no database {file}; name its directory with --data-dir");
            }

            held = DataDirectoryLock.TryTake(config.DataDirectory(arguments.Directory), out _);
            if (held is null)
            {
                return null;
            }
        }

        using (held)
        {
            return await ExamineLockedAsync(config, arguments, cancellationToken);
        }
    }

    private static async Task<DoctorObject> ExamineLockedAsync(
        PeriplonConfig config, DoctorArguments arguments, CancellationToken cancellationToken)
    {
        try
        {
            await using var database = Database.Open(DatabaseConnections.OptionsOf(config, arguments.Directory));
            using var instruments = new EngineInstruments();

            // A file that is locked has no server; a PostgreSQL server may have any number.
            var interval = TimeSpan.FromSeconds(config.Cluster.IAmAliveSecs);
            var isOffline = database.Kind is DatabaseKind.Sqlite
                || !await ServersSeen.IsAnyAsync(database, interval, TimeProvider.System.GetUtcNow(), cancellationToken);
            var doctor = DoctorFactory.Create(
                new DoctorPlace
                {
                    Database = database,
                    Artifacts = new FileArtifactStore(config.ArtifactsPath(arguments.Directory)),
                    Partitions = config.Queue.Partitions,
                    Schedulers = config.Schedules.Shards,
                    DataDirectory = config.DataDirectory(arguments.Directory),
                    IsOffline = isOffline,
                },
                new WorkflowCatalog(new WorkflowStore(database)), instruments.Retention, TimeProvider.System, NullLoggerFactory.Instance);
            if (arguments.Checks.FirstOrDefault(name => !doctor.Names.Contains(name)) is { } unknown)
            {
                throw new CommandException(
                    $"there is no check '{unknown}'; there are {string.Join(", ", doctor.Names)}", exitCode: ExitCode.Usage);
            }

            var report = await doctor.ExamineAsync(
                new DoctorRequest
                {
                    Checks = arguments.Checks, Repair = arguments.Repair, MaxExecutions = arguments.MaxExecutions, Actor = arguments.Actor,
                },
                cancellationToken);
            return report is null
                ? throw new CommandException("the database is being examined already, by a server or a command; wait until that is done")
                : DoctorObject.From(report);
        }
        catch (DbException exception)
        {
            throw new CommandException($"the database cannot be opened: {exception.Message}");
        }
    }
}
