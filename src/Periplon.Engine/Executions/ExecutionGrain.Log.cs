using Microsoft.Extensions.Logging;
namespace Periplon.Engine.Executions;

internal sealed partial class ExecutionGrain
{
    [LoggerMessage(LogLevel.Warning, "Execution {ExecutionId}: the report of task '{Task}', attempt {Attempt}, is dropped, its lease is no longer valid")]
    private partial void LogReportDropped(Guid executionId, string task, int attempt);

    [LoggerMessage(LogLevel.Warning, "Execution {ExecutionId} could not commit a turn; it is loaded again")]
    private partial void LogFaulted(Exception exception, Guid executionId);

    [LoggerMessage(LogLevel.Warning, "Execution {ExecutionId}: attempts of lost workers could not be taken back; the sweep tries again")]
    private partial void LogLostNotReturned(Exception exception, Guid executionId);

    [LoggerMessage(LogLevel.Debug, "Execution {ExecutionId}: limit '{Key}' did not say who holds its places")]
    private partial void LogPlacesNotRead(Exception exception, Guid executionId, string key);
}
