using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Tasks.Caching;

/// <summary>Deletes outputs from the cache that have expired, a few at a time; those that never expire go after a month.</summary>
internal sealed partial class TaskCacheCleaner(ITaskCacheStore store, TimeProvider time, ILogger<TaskCacheCleaner> logger)
    : BackgroundService
{
    internal const int BatchSize = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await RunOnceAsync(stoppingToken) is > 0 and var deleted)
                {
                    LogDeleted(deleted);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception);
            }
        }
    }

    /// <summary>Deletes what is due now.</summary>
    /// <returns>How many outputs were deleted.</returns>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (all, deleted) = (0, BatchSize);
        while (deleted == BatchSize)
        {
            deleted = await store.PurgeAsync(now, now - LongestLife, BatchSize, cancellationToken);
            all += deleted;
        }

        return all;
    }

    [LoggerMessage(LogLevel.Information, "{Count} outputs were deleted from the task cache, where they had expired")]
    private partial void LogDeleted(int count);

    [LoggerMessage(LogLevel.Warning, "Expired outputs could not be deleted from the task cache; it is tried again")]
    private partial void LogFailed(Exception exception);
}
