using Periplon.Core.Models;

namespace Periplon.Configuration;

/// <summary>
/// The whole configuration; every default is the one of a program without file and variables. The keys of the file are the names of
/// the properties in snake_case.
/// </summary>
internal sealed record PeriplonConfig
{
    public ServerConfig Server { get; init; } = new();
    public ClusterConfig Cluster { get; init; } = new();
    public StorageConfig Storage { get; init; } = new();
    public ArtifactsConfig Artifacts { get; init; } = new();
    public QueueConfig Queue { get; init; } = new();
    public WorkerConfig Worker { get; init; } = new();
    public SchedulesConfig Schedules { get; init; } = new();
    public AuthConfig Auth { get; init; } = new();
    public RateLimitConfig RateLimit { get; init; } = new();
    public MonitoringConfig Monitoring { get; init; } = new();
    public ReliabilityConfig Reliability { get; init; } = new();
    public RetentionConfig Retention { get; init; } = new();
    public AiConfig Ai { get; init; } = new();

    /// <summary>Directory of everything the program writes, absolute.</summary>
    public string DataDirectory(string workingDirectory) => Path.GetFullPath(Server.DataDir, workingDirectory);

    /// <summary>The embedded database's file, absolute.</summary>
    public string SqlitePath(string workingDirectory) => Path.GetFullPath(Storage.Path, DataDirectory(workingDirectory));

    /// <summary>Directory of stored outputs and artifacts, absolute.</summary>
    public string ArtifactsPath(string workingDirectory) => Path.GetFullPath(Artifacts.Path, DataDirectory(workingDirectory));

    /// <summary>Directory that files of workflows come from, absolute.</summary>
    public string LibraryPath(string workingDirectory) => Path.GetFullPath(Storage.Library, DataDirectory(workingDirectory));

    /// <summary>The script of answers; null when there is none. It was checked with the rest of the configuration.</summary>
    public ModelScript? ReadModelScript(string workingDirectory) => Ai.Script is { } file
        ? ModelScriptParser.Parse(File.ReadAllText(Path.GetFullPath(file, workingDirectory))).Script
        : null;

    /// <summary>Directory beneath which each execution gets its own, absolute.</summary>
    public string WorkPath(string workingDirectory) => Path.GetFullPath(Worker.WorkDir, DataDirectory(workingDirectory));
}
