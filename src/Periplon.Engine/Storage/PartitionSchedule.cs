using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

/// <summary>Looks every few hours for monthly partitions to create, long before they are needed.</summary>
internal sealed partial class PartitionSchedule(PartitionMaintenance maintenance, TimeProvider time, ILogger<PartitionSchedule> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The migrator has created the coming months just before this starts.
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await maintenance.RunOnceAsync(stoppingToken) is > 0 and var created)
                {
                    LogCreated(created);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} partitions were created for the coming months")]
    private partial void LogCreated(int count);

    [LoggerMessage(
        LogLevel.Warning,
        "Partitions for the coming months could not be created; it is tried again, and until then rows go to the default one")]
    private partial void LogFailed(Exception exception);
}
