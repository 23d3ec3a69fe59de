using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Workers;

internal sealed partial class WorkerService
{
    [LoggerMessage(LogLevel.Warning, "Partition {Partition} cannot be reached and is tried again")]
    private partial void LogPartitionUnreachable(Exception exception, int partition);

    [LoggerMessage(LogLevel.Debug, "A call to execution {ExecutionId} about task '{Task}' failed and is repeated")]
    private partial void LogRepeated(Exception exception, Guid executionId, string task);

    [LoggerMessage(
        LogLevel.Warning, "Execution {ExecutionId} did not answer the claim of task '{Task}' in time; its offer goes out again, later each time")]
    private partial void LogClaimGivenUp(Guid executionId, string task);

    [LoggerMessage(LogLevel.Information, "{Count} attempts did not end in time; they are stopped and handed back")]
    private partial void LogHandingBack(int count);

    [LoggerMessage(LogLevel.Warning, "{Count} attempts could not be handed back; they go out again when this silo is seen to be gone")]
    private partial void LogNotHandedBack(int count);
}
