using Microsoft.Extensions.DependencyInjection;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Whole journeys through silos with workers.</summary>
public sealed class EngineJourneyTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task Start_DagWithARetry_RunsInOrderAndEndsOnce(string kind)
    {
        await using var cluster = await EngineCluster.StartAsync(Enum.Parse<DatabaseKind>(kind));
        cluster.Attempts.Answer("b", offer => offer.Attempt == 1 ? Samples.Failed() : Samples.Done("b"));
        var id = await cluster.RunAsync(
            "", "a", "b: depends_on: [a], retry: {max_attempts: 2, delay_secs: 0.05}", "c: depends_on: [a]", "d: depends_on: [b, c]");
        var end = await cluster.EndAsync(id);

        (end.Status, end.RetryCount, end.SettledTasks).ShouldBe(("completed", 1, 4));
        var begun = cluster.Attempts.Begun;
        begun.Order().ShouldBe(["a/1/1", "b/1/1", "b/2/1", "c/1/1", "d/1/1"]);
        (begun[0], begun[^1]).ShouldBe(("a/1/1", "d/1/1"));
        (await cluster.EventsAsync(id)).OfType<ExecutionFinished>().ShouldHaveSingleItem();
        (await cluster.Execution(id).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct)).ShouldBe(ControlStatus.AlreadyFinished);
    }

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task Start_WhileTheWorkerHasSlots_RecordsStartsWithWhatMadeThemReady(string kind)
    {
        await using var cluster = await EngineCluster.StartAsync(Enum.Parse<DatabaseKind>(kind));
        var id = await cluster.RunAsync("", "a", "b: depends_on: [a]");
        (await cluster.EndAsync(id)).Status.ShouldBe("completed");

        var turns = (await cluster.Service<IJournalStore>().ReadAsync(id, 0, Ct))
            .Select(row => string.Join(' ', EventCodec.Decode(row.Events.Span).Select(happened => happened.GetType().Name)));
        turns.ShouldBe(
        [
            "ExecutionCreated TaskScheduled TaskStarted", "TaskCompleted TaskScheduled TaskStarted", "TaskCompleted ExecutionFinished",
        ]);
    }

    [Fact]
    public async Task Start_WithoutAFreeSlot_IsOfferedAndRunsLater()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.Slots = 1);
        cluster.Attempts.Hold("a");
        var first = await cluster.RunAsync("", "a");
        await BegunAsync(cluster.Attempts, 1);
        var second = await cluster.RunAsync("", "b");
        await Eventually.TrueAsync(
            "the second is offered", async () => (await cluster.PartitionOf(second).StatsAsync(Ct)).Pending == 1);
        (await cluster.EventsAsync(second)).OfType<TaskStarted>().ShouldBeEmpty();

        await cluster.Execution(first).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
        (await cluster.EndAsync(second)).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Claim_OfExecutionsThatCannotBeLoaded_LeavesTheSlotsToOthers()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.Slots = 2);
        var broken = await cluster.RunAsync("", "a");
        await cluster.EndAsync(broken);
        await cluster.DeactivateAsync(cluster.Execution(broken));
        await cluster.Database.ScalarAsync($"update execution_events set events = x'00' where execution_id = '{broken:D}'");
        var offers = Enumerable.Range(1, 2).Select(attempt => new TaskOffer
        {
            ExecutionId = broken, Task = "a", Attempt = attempt, Priority = 100, ScheduledAt = TimeProvider.System.GetUtcNow(),
            Organization = EngineCluster.Organization,
        }).ToList();
        await cluster.PartitionOf(broken).OfferAsync(offers, Ct);
        await Eventually.TrueAsync(
            "every slot is taken", async () => (await cluster.PartitionOf(broken).StatsAsync(Ct)).Taken >= 2);
        (await cluster.EndAsync(await cluster.RunAsync("", "a"))).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Sweep_DatabaseWasAway_LooksAtAllThatMayNotHaveBeenTold()
    {
        WatchedQueueStore? store = null;
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite, configure: engine => engine.Partitions = 1,
            silo: silo =>
            {
                silo.Services.AddSingleton<IQueueStore>(services =>
                    store = new WatchedQueueStore(services.GetRequiredService<Database>(), TimeProvider.System));
                silo.Services.AddSingleton<Pulse, FailingPulse>();
            });
        var pulse = (FailingPulse)cluster.Service<Pulse>();
        await cluster.EndAsync(await cluster.RunAsync("", "a"));
        await Eventually.TrueAsync("the partition has looked at all when it began", () => Task.FromResult(store!.Wide > 0));
        var before = store!.Wide;
        pulse.IsAway = true;

        // Every loop asks: so often that the sweep of the one partition was among them.
        await Eventually.TrueAsync("the sweep has failed", () => Task.FromResult(pulse.Failed > 100));
        pulse.IsAway = false;
        await Eventually.TrueAsync("the partition looks at all again", () => Task.FromResult(store.Wide > before));
    }

    [Fact]
    public async Task Cancel_WhileTasksRun_ReachesTheirTokensAndEnds()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        cluster.Attempts.Hold("a", "b");
        var id = await cluster.RunAsync("", "a", "b", "c: depends_on: [a]");
        await BegunAsync(cluster.Attempts, 2);
        await cluster.Execution(id).CancelAsync(new ControlRequest(EngineCluster.Organization, Reason: "enough"), Ct);

        var end = await cluster.EndAsync(id);
        (end.Status, end.Error).ShouldBe(("cancelled", "enough"));
        cluster.Attempts.Stopped.Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task TimeLimit_OfTheWorkflow_StopsWhatRuns()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        cluster.Attempts.Hold("a");
        var id = await cluster.RunAsync("timeout_secs: 0.5", "a");
        (await cluster.EndAsync(id)).Status.ShouldBe("timed_out");
        cluster.Attempts.Stopped.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Worker_AttemptsThatThrow_GiveTheirSlotsBack()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.Slots = 2);
        cluster.Attempts.Answer("defect", _ => throw new InvalidOperationException("a defect"));
        var broken = await cluster.SaveAsync("", "defect");
        for (var i = 0; i < 6; i++)
        {
            await cluster.StartAsync(broken);
        }

        await BegunAsync(cluster.Attempts, 6);
        (await cluster.EndAsync(await cluster.RunAsync("", "a", "b", "c"))).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Drain_AttemptThatDoesNotEndInTime_IsHandedBackAndTheStopIsNotHeldUp()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        cluster.Attempts.Hold("a");
        var id = await cluster.RunAsync("", "a");
        await BegunAsync(cluster.Attempts, 1);

        // Neither the first stop nor a second one waits for anything but the attempt: no token ends them.
        await EngineCluster.Worker(cluster.Silos[0]).StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await EngineCluster.Worker(cluster.Silos[0]).StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        cluster.Attempts.Stopped.ShouldBe(["a"]);
        var task = (await cluster.ViewAsync(id)).Tasks[0];
        (task.Status, task.Attempt).ShouldBe(("ready", 1));
        (await cluster.EventsAsync(id)).OfType<TaskReturned>().ShouldHaveSingleItem().Lost.ShouldBeFalse();
    }

    [Fact]
    public async Task Drain_AttemptsThatEnd_AreReportedAndNothingNewIsTaken()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.DrainTimeout = TimeSpan.FromMinutes(5));
        cluster.Attempts.Hold("a");
        var id = await cluster.RunAsync("", "a", "b: depends_on: [a]");
        await BegunAsync(cluster.Attempts, 1);
        var stop = EngineCluster.Worker(cluster.Silos[0]).StopAsync(CancellationToken.None);
        cluster.Attempts.Finish("a");
        await stop.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        (await cluster.ViewAsync(id)).Tasks.Select(task => task.Status).ShouldBe(["completed", "ready"]);
        cluster.Attempts.Begun.ShouldBe(["a/1/1"]);
    }

    [Fact]
    public async Task TwoSilos_TheOneThatRunsAttemptsIsKilled_TheyRunAgainOnTheOther()
    {
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Postgres, silos: 2, configure: engine => engine.DrainTimeout = TimeSpan.Zero,
            prepare: attempts =>
            {
                attempts.HearsStops = false;
                attempts.Hold("slow");
            });
        var workflow = await cluster.SaveAsync("", "first", "slow: depends_on: [first]", "last: depends_on: [slow]");
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cluster.StartAsync(workflow)));
        var silos = cluster.Silos;
        await Eventually.TrueAsync("all slow tasks run", () => Task.FromResult(silos.Sum(silo => SlowOf(cluster, silo)) == 8));
        var victim = silos.MaxBy(silo => SlowOf(cluster, silo))!;
        var survivor = silos.Single(silo => silo != victim);
        var lost = SlowOf(cluster, victim);

        await cluster.KillAsync(victim);
        await Eventually.TrueAsync("what was lost runs on the other", () => Task.FromResult(SlowOf(cluster, survivor) == 8), 60);
        cluster.AttemptsOf(survivor).Finish("slow");
        foreach (var id in ids)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("completed");
            var events = await cluster.EventsAsync(id);
            events.OfType<ExecutionFinished>().ShouldHaveSingleItem();
            events.OfType<TaskCompleted>().Select(e => e.Task).ShouldBe(["first", "slow", "last"]);
        }

        cluster.AttemptsOf(survivor).Begun.Count(begun => begun == "slow/1/2").ShouldBe(lost);
    }

    private static int SlowOf(EngineCluster cluster, Orleans.TestingHost.InProcessSiloHandle silo) =>
        cluster.AttemptsOf(silo).Begun.Count(begun => begun.StartsWith("slow/", StringComparison.Ordinal));

    private static Task BegunAsync(FakeAttempts attempts, int count) =>
        Eventually.TrueAsync($"{count} attempts have begun", () => Task.FromResult(attempts.Begun.Count >= count));
}
