using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using Orleans.Runtime;
using Orleans.Timers;
using Periplon.Client.Schedules;
using Periplon.Engine.Storage;

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
}
