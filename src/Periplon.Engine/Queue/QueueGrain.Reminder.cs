using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Queue;

// The reminder, which only brings the partition back to life when nothing else does. Nobody waits for it: after the death of a silo or an
// outage of the database the service may take half a minute until it accepts one, and the partition is needed at once.
internal sealed partial class QueueGrain : IRemindable
{
    private const string ReminderName = "sweep";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private IGrainTimer? _reminding;
    private Task? _registration;

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    private void StartReminder() => _reminding = this.RegisterGrainTimer(
        static (grain, _) =>
        {
            grain.Remind();
            return Task.CompletedTask;
        },
        this, new GrainTimerCreationOptions(TimeSpan.Zero, _options.SweepInterval) { Interleave = true, KeepAlive = true });

    // Not awaited in the timer either: the grain could not be deactivated before the answer came.
    private void Remind()
    {
        if (_registration is { IsCompletedSuccessfully: true })
        {
            _reminding?.Dispose();
        }
        else if (_registration is not { IsCompleted: false })
        {
            if (_registration is { IsFaulted: true })
            {
                LogNotReminded(_registration.Exception, _partition);
            }

            _registration = this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Partition {Partition}: its reminder could not be registered yet; that is repeated")]
    private partial void LogNotReminded(Exception exception, int partition);
}
