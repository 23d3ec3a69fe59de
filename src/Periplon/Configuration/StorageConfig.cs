namespace Periplon.Configuration;

/// <summary>The database (<c>storage</c>).</summary>
internal sealed record StorageConfig
{
    /// <summary><c>sqlite</c>, embedded in this program, or <c>postgres</c>. Default: sqlite.</summary>
    [OneOf("sqlite", "postgres")]
    public string Backend { get; init; } = "sqlite";

    /// <summary>File of the SQLite database, beneath <c>server.data_dir</c> unless absolute. Default: periplon.db.</summary>
    public string Path { get; init; } = "periplon.db";

    /// <summary>
    /// PostgreSQL: <c>postgres://user:password@host:5432/database?sslmode=require</c>, or the form
    /// <c>Host=…;Username=…;Database=…</c>.
    /// </summary>
    [Secret]
    public string? Url { get; init; }

    /// <summary>
    /// Whether <c>server</c> applies pending migrations to PostgreSQL when it starts; on SQLite it always does. Default: false.
    /// </summary>
    public bool AutoMigrate { get; init; }

    /// <summary>Most connections to PostgreSQL of this process, over all its pools. Default: 50.</summary>
    [Between(10, 1000)]
    public int MaxConnections { get; init; } = 50;

    /// <summary>Time that opening a connection may take, in seconds. Default: 15.</summary>
    [Between(1, 600)]
    public int ConnectionTimeoutSecs { get; init; } = 15;

    /// <summary>
    /// Directory that the <c>file</c> sources of subflows come from, with predefined tasks in <c>tasks</c> and task groups in
    /// <c>groups</c>; beneath <c>server.data_dir</c> unless absolute. Default: library.
    /// </summary>
    public string Library { get; init; } = "library";

    public JournalConfig Journal { get; init; } = new();

    public bool IsPostgres => Backend == "postgres";
}

/// <summary>The group commit of the event journal (<c>storage.journal</c>).</summary>
internal sealed record JournalConfig
{
    /// <summary>Commits under way at the same time on PostgreSQL; SQLite has one writer. Default: 2.</summary>
    [Between(1, 64)]
    public int Flushers { get; init; } = 2;

    /// <summary>Most appends of one commit. Default: 256.</summary>
    [Between(1, 10000)]
    public int MaxBatch { get; init; } = 256;
}
