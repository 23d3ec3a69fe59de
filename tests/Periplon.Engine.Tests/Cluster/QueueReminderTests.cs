using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using Orleans.Runtime;
using Orleans.Timers;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>A partition and its reminder, which the service may not accept for half a minute after a silo's death.</summary>
public sealed class QueueReminderTests
{
    [Fact]
    public async Task Activation_WhileRemindersAreNotAccepted_ServesAtOnce()
    {
        var reminders = Substitute.For<IReminderRegistry>();
        reminders.RegisterOrUpdateReminder(default, default!, default, default, Arg.Any<CancellationToken>())
            .ReturnsForAnyArgs(new TaskCompletionSource<IGrainReminder>().Task);
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite, silo: silo => silo.Services.AddSingleton(reminders));

        var ended = await cluster.EndAsync(await cluster.RunAsync("", "a"));

        ended.Status.ShouldBe(ExecutionStatus.Completed.ToWord());
    }

    [Fact]
    public async Task Activation_AfterTheReminderWasRefused_RegistersItLater()
    {
        var reminders = Substitute.For<IReminderRegistry>();
        var tries = 0;
        // The schedulers register theirs at the same time.
        reminders.RegisterOrUpdateReminder(default, default!, default, default, Arg.Any<CancellationToken>()).ReturnsForAnyArgs(call =>
            call.Arg<GrainId>().Type.ToString() == "queue" && Interlocked.Increment(ref tries) <= 2
                ? Task.FromException<IGrainReminder>(new OrleansException("not yet"))
                : Task.FromResult(Substitute.For<IGrainReminder>()));
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite, configure: engine => engine.Partitions = 1, silo: silo => silo.Services.AddSingleton(reminders));
        await cluster.EndAsync(await cluster.RunAsync("", "a"));

        await Eventually.TrueAsync("the reminder was registered", () => Task.FromResult(Volatile.Read(ref tries) == 3));
    }
}
