using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Tasks.Processes;

internal sealed partial class ProcessRunner
{
    [LoggerMessage(LogLevel.Information, "Process group {Group} did not end within {Grace} after SIGTERM and is killed")]
    private partial void LogKilled(int group, TimeSpan grace);

    [LoggerMessage(LogLevel.Debug, "Process group {Group} has members left after its first process ended; they are ended")]
    private partial void LogLeftovers(int group);

    [LoggerMessage(LogLevel.Information, "{Count} processes that had left process group {Group} are killed")]
    private partial void LogEscaped(int count, int group);

    [LoggerMessage(LogLevel.Warning, "The pipes of process group {Group} are still held by another process and are given up")]
    private partial void LogPipesHeld(int group);
}
