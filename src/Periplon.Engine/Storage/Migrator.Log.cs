using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

internal sealed partial class Migrator
{
    [LoggerMessage(LogLevel.Information, "Applied migration {File}")]
    private partial void LogApplied(string file);

    [LoggerMessage(LogLevel.Warning, "The database has migrations of a newer version of Periplon: {Names}. This version works without them")]
    private partial void LogNewer(string names);

    [LoggerMessage(LogLevel.Information, "Reverted migration {Number} {Name}")]
    private partial void LogReverted(int number, string name);

    [LoggerMessage(
        LogLevel.Warning,
        "Partitions for the coming months could not be created now; it is tried again, and until then rows go to the default one")]
    private partial void LogNoPartitions(Exception exception);
}
