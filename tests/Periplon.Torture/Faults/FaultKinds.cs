namespace Periplon.Torture.Faults;

/// <summary>Names of the faults.</summary>
internal static class FaultKinds
{
    /// <summary>SIGKILL to one process.</summary>
    public const string Kill = "kill";
    /// <summary>SIGSTOP to one process, longer than the others wait; SIGCONT later. Its tasks run on.</summary>
    public const string Freeze = "freeze";
    /// <summary>The same to the process and all its tasks, as when a whole host stands still.</summary>
    public const string FreezeHost = "freeze-host";
    /// <summary>SIGTERM, and a new process.</summary>
    public const string Terminate = "terminate";
    /// <summary>SIGKILL to all processes at once.</summary>
    public const string KillAll = "kill-all";
    /// <summary>PostgreSQL crashes and starts again.</summary>
    public const string CrashDatabase = "crash-database";
    /// <summary>PostgreSQL crashes and is away for half a minute.</summary>
    public const string DatabaseOutage = "database-outage";
    /// <summary>PostgreSQL stands still for some seconds.</summary>
    public const string FreezeDatabase = "freeze-database";
    /// <summary>One silo cannot reach the database for some seconds.</summary>
    public const string CutDatabase = "cut-database";
    /// <summary>All of a silo's connections to the database and to others are reset.</summary>
    public const string Reset = "reset";
    /// <summary>Two silos cannot reach each other, or one cannot reach the other.</summary>
    public const string CutSilos = "cut-silos";
    /// <summary>One silo reaches neither the others nor the database, and runs on.</summary>
    public const string Isolate = "isolate";
    /// <summary>One process and the database die together.</summary>
    public const string KillBoth = "kill-both";

    public static IReadOnlyList<string> OfSqlite { get; } = [Kill, FreezeHost, Terminate];

    public static IReadOnlyList<string> OfPostgres { get; } =
    [
        Kill, Freeze, FreezeHost, Terminate, KillAll, CrashDatabase, FreezeDatabase, CutDatabase, Reset, CutSilos, Isolate, KillBoth,
        DatabaseOutage,
    ];

    /// <summary>Those that would take up too much of a short run.</summary>
    public static IReadOnlySet<string> Long { get; } = new HashSet<string> { DatabaseOutage };
}
