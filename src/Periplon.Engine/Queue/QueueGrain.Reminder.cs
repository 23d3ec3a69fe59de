using Microsoft.Extensions.Logging;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Queue;

internal sealed partial class QueueGrain : IRemindable
{
    private const string ReminderName = "sweep";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    private void StartReminder() => BackgroundReminder.Start(
        this, ReminderName, ReminderPeriod, _options.SweepInterval, failure => LogNotReminded(failure, _partition));

    [LoggerMessage(LogLevel.Debug, "Partition {Partition}: its reminder could not be registered yet; that is repeated")]
    private partial void LogNotReminded(Exception exception, int partition);
}
