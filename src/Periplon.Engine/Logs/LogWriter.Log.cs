using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Logs;

internal sealed partial class LogWriter
{
    [LoggerMessage(LogLevel.Error, "Log lines cannot be stored; they wait and are tried again")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(LogLevel.Information, "Log lines are stored again")]
    private partial void LogReached();

    [LoggerMessage(LogLevel.Warning, "The database refuses a log line of execution {ExecutionId}")]
    private partial void LogRefused(Exception exception, Guid executionId);

    [LoggerMessage(LogLevel.Warning, "{Lines} log lines of {Executions} executions are lost")]
    private partial void LogLost(int lines, int executions);
}
