using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Queue;

// The reminder, which only brings the partition back to life when nothing else does. Nobody waits for it: after the death of a silo or an
// outage of the database the service may take half a minute until it accepts one, and the partition is needed at once.
internal sealed partial class QueueGrain : IRemindable
{
    private const string ReminderName = "sweep";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private IGrainTimer? _reminding;

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    private void StartReminder() => _reminding = this.RegisterGrainTimer(
        static (grain, token) => grain.RemindAsync(token), this,
        new GrainTimerCreationOptions(TimeSpan.Zero, options.Value.SweepInterval) { Interleave = true, KeepAlive = true });

    private async Task RemindAsync(CancellationToken cancellationToken)
    {
        try
        {
            await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod, cancellationToken);
            _reminding?.Dispose();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotReminded(e, _partition);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Partition {Partition}: its reminder could not be registered yet; that is repeated")]
    private partial void LogNotReminded(Exception exception, int partition);
}
