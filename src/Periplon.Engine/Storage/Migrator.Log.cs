using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

internal sealed partial class Migrator
{
    [LoggerMessage(LogLevel.Information, "Applied migration {File}")]
    private partial void LogApplied(string file);

    [LoggerMessage(LogLevel.Information, "Reverted migration {Number} {Name}")]
    private partial void LogReverted(int number, string name);
}
