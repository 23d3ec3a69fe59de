using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Retention;

/// <summary>
/// Runs retention by itself. The lowest live silo deletes, so that the others need not look; files lie on each machine for itself, so each
/// silo looks through its own.
/// </summary>
internal sealed partial class RetentionService(
    RetentionRound round, ArtifactSweep artifacts, RetentionInstruments instruments, RetentionOptions options,
    IClusterMembershipService membership, ILocalSiloDetails local, TimeProvider time, ILogger<RetentionService> logger) : BackgroundService
{
    /// <summary>Does what this silo has to do now.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await artifacts.RunOnceAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A folder that cannot be read must not keep the rows from going.
            instruments.OnFailure();
            LogNotSwept(e);
        }

        if (!membership.CurrentSnapshot.IsLedBy(local.SiloAddress))
        {
            return;
        }

        var start = time.GetTimestamp();
        if (await round.RunOnceAsync(cancellationToken) is { IsEmpty: false } done)
        {
            LogDeleted(done.Executions, done.Partitions, done.Others, time.GetElapsedTime(start).TotalSeconds);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Enabled)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                instruments.OnFailure();
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "Retention deleted {Executions} executions, {Partitions} partitions and {Rows} rows of other tables in {Seconds} s")]
    private partial void LogDeleted(int executions, int partitions, long rows, double seconds);

    [LoggerMessage(LogLevel.Warning, "The files of executions that no longer exist could not be looked through; the next round goes on")]
    private partial void LogNotSwept(Exception exception);

    [LoggerMessage(LogLevel.Warning, "Retention could not delete all that is due; the next round goes on")]
    private partial void LogFailed(Exception exception);
}
