using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using Orleans.Runtime;
using Orleans.Timers;
using Periplon.Client.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>A scheduler and its reminder, which the service may not accept for half a minute after a silo's death.</summary>
public sealed class SchedulerReminderTests
{
    [Fact]
    public async Task Activation_WhileRemindersAreNotAccepted_AnswersAtOnce()
    {
        var reminders = Substitute.For<IReminderRegistry>();
        reminders.RegisterOrUpdateReminder(default, default!, default, default, Arg.Any<CancellationToken>())
            .ReturnsForAnyArgs(new TaskCompletionSource<IGrainReminder>().Task);
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite, silo: silo => silo.Services.AddSingleton(reminders));
        var scheduler = cluster.Client.GetGrain<ISchedulerGrain>("0");

        // A call that waited for the reminder would end with a time-out.
        await scheduler.WakeAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Reminder_OfASchedulerThatIsNotNeededAnyMore_IsTakenBackAndNotMadeAnew()
    {
        var reminder = Substitute.For<IGrainReminder>();
        var reminders = Substitute.For<IReminderRegistry>();
        reminders.RegisterOrUpdateReminder(default, default!, default, default, Arg.Any<CancellationToken>())
            .ReturnsForAnyArgs(reminder);
        reminders.GetReminder(default, default!, Arg.Any<CancellationToken>()).ReturnsForAnyArgs(reminder);
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite, silo: silo => silo.Services.AddSingleton(reminders));

        // The cluster of the test has schedulers 0 and 1.
        var obsolete = cluster.Client.GetGrain<ISchedulerGrain>("2");
        await obsolete.WakeAsync(TestContext.Current.CancellationToken);
        await obsolete.AsReference<IRemindable>().ReceiveReminder("schedules", default, TestContext.Current.CancellationToken);
        var needed = cluster.Client.GetGrain<ISchedulerGrain>("1");
        await needed.WakeAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync("the scheduler that is needed registers", () => Task.FromResult(
            Calls(reminders, nameof(IReminderRegistry.RegisterOrUpdateReminder)).Contains(needed.GetGrainId())));
        Calls(reminders, nameof(IReminderRegistry.UnregisterReminder)).ShouldBe([obsolete.GetGrainId()]);
        Calls(reminders, nameof(IReminderRegistry.RegisterOrUpdateReminder)).ShouldNotContain(obsolete.GetGrainId());
    }

    private static List<GrainId> Calls(IReminderRegistry reminders, string method) =>
        [.. reminders.ReceivedCalls().Where(call => call.GetMethodInfo().Name == method).Select(call => (GrainId)call.GetArguments()[0]!)];
}
