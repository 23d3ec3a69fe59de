using Microsoft.Data.Sqlite;

namespace Periplon.Engine.Storage;

/// <summary>The two databases that Periplon runs on.</summary>
internal enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>Where the data is kept and how many connections are used for it.</summary>
internal sealed record DatabaseOptions
{
    public required DatabaseKind Kind { get; init; }

    /// <summary>Connection string in the driver's own form.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>How many journal batches may be under way at once on PostgreSQL. Default: 2.</summary>
    public int JournalFlushers { get; init; } = 2;

    /// <summary>Most appends in one batch. Default: 256.</summary>
    public int JournalMaxBatch { get; init; } = 256;

    /// <summary>Most connections for grain storage, membership, reminders and writes other than the journal's. Default: 32.</summary>
    public int EnginePoolSize { get; init; } = 32;

    /// <summary>Most connections for lists and pages. Default: 16.</summary>
    public int ReadPoolSize { get; init; } = 16;

    /// <summary>A SQLite database in a file, which is created with its folder when it is missing.</summary>
    /// <param name="path">Path of the file.</param>
    public static DatabaseOptions ForFile(string path) => new()
    {
        Kind = DatabaseKind.Sqlite,
        ConnectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ConnectionString,
    };
}
