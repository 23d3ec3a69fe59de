using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Doctor;

/// <summary>Where the doctor looks.</summary>
internal sealed record DoctorPlace
{
    public required Database Database { get; init; }
    public required FileArtifactStore Artifacts { get; init; }

    /// <summary>Number of the queue's partitions.</summary>
    public required int Partitions { get; init; }

    /// <summary>Number of schedulers.</summary>
    public required int Schedulers { get; init; }

    /// <summary>Directory whose disk is looked at.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Whether no server runs: what waits for one is then no finding.</summary>
    public bool IsOffline { get; init; }
}

/// <summary>Puts the doctor together, in a server as well as in a command of its own.</summary>
internal static class DoctorFactory
{
    /// <summary>The doctor with all its checks.</summary>
    public static Doctor Create(
        DoctorPlace place, WorkflowCatalog catalog, RetentionInstruments instruments, TimeProvider time, ILoggerFactory loggers)
    {
        var database = place.Database;
        var sweep = new ArtifactSweep(
            place.Artifacts, place.Artifacts, database, instruments, time, NullLogger<ArtifactSweep>.Instance);
        return new Doctor(
            database,
            [
                new SchemaCheck(database, new Migrator(database, time, loggers.CreateLogger<Migrator>())),
                new HostCheck(database, place.DataDirectory, place.IsOffline, time),
                new DefinitionsCheck(database),
                new ExecutionsCheck(database, catalog, place.Partitions, place.IsOffline),
                new OrphansCheck(database),
                new ArtifactsCheck(place.Artifacts, place.Artifacts, sweep),
                new LimitsCheck(database),
                new PartitionsCheck(
                    database, new PartitionMaintenance(database, time, place.IsOffline), new MonthlyPartitions(database, time)),
                new ClusterCheck(database, place.Partitions, place.Schedulers),
            ],
            time, loggers.CreateLogger<Doctor>());
    }
}
