using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

internal abstract partial class JournalStore
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(LogLevel.Error, "The journal cannot commit; appends wait and are tried again")]
    private partial void LogLost(Exception exception);

    [LoggerMessage(LogLevel.Information, "The journal commits again")]
    private partial void LogRegained();

    [LoggerMessage(LogLevel.Error, "The database refuses journal row {Seq} of execution {ExecutionId}")]
    private partial void LogRejected(Exception exception, Guid executionId, long seq);
}
