using Periplon.Engine.Storage;

namespace Periplon.Configuration;

/// <summary>The configured database, as the engine takes it.</summary>
internal static class StorageSetup
{
    // Beside its flushers the journal keeps two connections for reads.
    private const int JournalReads = 2;

    /// <summary>The database's options; the configured bound of connections is shared out among the engine's pools.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="directory">The directory that relative paths begin at.</param>
    public static DatabaseOptions Options(PeriplonConfig config, string directory)
    {
        var storage = config.Storage;
        if (!storage.IsPostgres)
        {
            return DatabaseOptions.ForFile(config.SqlitePath(directory)) with { JournalMaxBatch = storage.Journal.MaxBatch };
        }

        var rest = Rest(storage);
        return new DatabaseOptions
        {
            Kind = DatabaseKind.Postgres,
            ConnectionString = DatabaseUrl.ConnectionString(storage),
            JournalFlushers = storage.Journal.Flushers,
            JournalMaxBatch = storage.Journal.MaxBatch,
            ReadPoolSize = rest / 3,
            EnginePoolSize = rest - (rest / 3),
        };
    }

    /// <summary>Connections that are left beside the journal's.</summary>
    public static int Rest(StorageConfig storage) => storage.MaxConnections - storage.Journal.Flushers - JournalReads;
}
