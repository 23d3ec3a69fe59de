using Orleans.Runtime;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>More executions than a partition keeps in memory: the rest are rows, and each comes when there is room.</summary>
public sealed class AdmissionTests
{
    private const int Window = 20;
    private const int Many = 120;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_MoreThanTheWindow_KeepsTheRestAsRowsAndRunsAll(bool onPostgres)
    {
        await using var cluster = await StartAsync(onPostgres ? DatabaseKind.Postgres : DatabaseKind.Sqlite);
        var workflow = await cluster.SaveAsync("", "a");
        var ids = await StartManyAsync(cluster, workflow);
        await Eventually.TrueAsync("those without room have gone from memory", async () => await ActiveAsync(cluster) <= 2 * Window + 10);
        var stats = await StatsAsync(cluster);
        stats.Sum(partition => partition.Pending).ShouldBeInRange(Window, 4 * Window);
        (await cluster.Service<IQueueStore>().CountQueuedAsync(EngineCluster.Organization, Ct)).Sum(count => count.Count).ShouldBe(Many);

        // A worker takes and claims, and those that wait are called.
        var claimed = new List<Guid>();
        await Eventually.TrueAsync("every execution has been handed out", async () =>
        {
            foreach (var partition in Partitions(cluster))
            {
                foreach (var offer in await partition.TakeAsync(7, [], Ct))
                {
                    (await cluster.ClaimAsync(offer, Guid.NewGuid())).ShouldNotBeNull();
                    await partition.DoneAsync([offer.Ticket]);
                    claimed.Add(offer.ExecutionId);
                }
            }

            return claimed.Count == Many;
        }, 60);
        claimed.Order().ShouldBe(ids.Order());
    }

    [Fact]
    public async Task Start_WhileOthersWaitInTheDatabase_HigherPriorityGoesFirstAndTheRestInOrder()
    {
        await using var cluster = await StartAsync(DatabaseKind.Sqlite, partitions: 1);
        var workflow = await cluster.SaveAsync("", "a");
        var ids = await StartManyAsync(cluster, workflow);
        var urgent = Guid.CreateVersion7();
        await cluster.TryStartAsync(workflow, urgent, priority: 100);
        await Eventually.TrueAsync(
            "the urgent one is in", async () => (await DescribeAsync(cluster)).Any(share => share.Priority == 100));

        var order = new List<Guid>();
        var partition = Partitions(cluster).Single();
        await Eventually.TrueAsync("every execution has been handed out", async () =>
        {
            foreach (var offer in await partition.TakeAsync(1, [], Ct))
            {
                (await cluster.ClaimAsync(offer, Guid.NewGuid())).ShouldNotBeNull();
                await partition.DoneAsync([offer.Ticket]);
                order.Add(offer.ExecutionId);
            }

            return order.Count == Many + 1;
        }, 60);
        order[0].ShouldBe(urgent);

        // Those that are called come side by side, so that neighbours may change places, but nobody overtakes a window of others.
        var places = order.Skip(1).Select(id => ids.IndexOf(id)).ToList();
        for (var i = 0; i < places.Count; i++)
        {
            Math.Abs(places[i] - i).ShouldBeLessThanOrEqualTo(Window);
        }
    }

    [Fact]
    public async Task Start_OtherOrganizationsSingleExecution_DoesNotWaitBehindABacklog()
    {
        await using var cluster = await StartAsync(DatabaseKind.Sqlite, partitions: 1);
        await StartManyAsync(cluster, await cluster.SaveAsync("", "a"));
        const string Other = "other";
        var (workflow, id) = (Guid.NewGuid(), Guid.CreateVersion7());
        var grain = cluster.Client.GetGrain<IWorkflowGrain>(workflow.ToString("D"));
        await grain.CreateAsync(new SaveWorkflow { Organization = Other, Definition = Samples.Yaml("lone", "", "a") }, Ct);
        (await grain.StartAsync(new StartExecution { ExecutionId = id, Organization = Other }, Ct)).Status.ShouldBe(StartStatus.Started);
        await Eventually.TrueAsync("it is in", async () => (await DescribeAsync(cluster)).Any(share => share.Organization == Other));
        (await Partitions(cluster).Single().TakeAsync(2, [], Ct)).Select(offer => offer.ExecutionId).ShouldContain(id);
    }

    [Fact]
    public async Task Start_WorkForOtherWorkers_IsNotKeptOutByABacklogNobodyTakes()
    {
        await using var cluster = await StartAsync(DatabaseKind.Sqlite, partitions: 1);
        await StartManyAsync(cluster, await cluster.SaveAsync("", "a: worker_tags: [gpu]"));
        var id = await cluster.RunAsync("", "a");
        (await cluster.TakeAsync(id)).StartLane.ShouldBe("");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TimeLimit_OfExecutionsThatNoWorkerTakes_EndsThemWhereverTheyWait(bool onPostgres)
    {
        await using var cluster = await StartAsync(onPostgres ? DatabaseKind.Postgres : DatabaseKind.Sqlite, partitions: 1);
        var workflow = await cluster.SaveAsync("timeout_secs: 2", "a: worker_tags: [gpu]");
        var ids = await StartManyAsync(cluster, workflow);
        foreach (var id in ids)
        {
            await cluster.DeactivateAsync(cluster.Execution(id));
        }

        // Nobody asks the executions themselves: that would bring them back to life.
        var rows = cluster.Service<IExecutionQueries>();
        foreach (var id in ids)
        {
            await Eventually.TrueAsync("it has ended at its limit", async () =>
                (await rows.FindAsync(EngineCluster.Organization, id, Ct))!.Status is ExecutionStatus.TimedOut);
        }
    }

    [Fact]
    public async Task End_OfExecutionsThatNoWorkerTakes_WithdrawsTheirOffers()
    {
        await using var cluster = await StartAsync(DatabaseKind.Sqlite, partitions: 1);
        var id = await cluster.RunAsync("", "a", "b: worker_tags: [gpu]", "c: worker_tags: [gpu]");
        (await cluster.ClaimAsync(await cluster.TakeAsync(id), Guid.NewGuid())).ShouldNotBeNull();
        await Eventually.TrueAsync(
            "the others wait", async () => (await DescribeAsync(cluster)).Sum(share => share.Pending) == 2);
        await cluster.Execution(id).CancelAsync(new ControlRequest(EngineCluster.Organization, null, "enough") { Kill = true }, Ct);
        await Eventually.TrueAsync("nothing of it is left", async () => !(await DescribeAsync(cluster)).Any());
    }

    [Fact]
    public async Task Sweep_LostOffer_IsFoundInTheDatabase()
    {
        await using var cluster = await StartAsync(DatabaseKind.Sqlite);
        var workflow = await cluster.SaveAsync("", "a");
        var id = await cluster.StartAsync(workflow);
        var lost = await cluster.TakeAsync(id);
        await cluster.DeactivateAsync(cluster.Execution(id));

        // The partition has forgotten it, as after a message that never came, and is told of a death.
        await cluster.PartitionOf(id).RecoverAsync(Ct);
        (await cluster.TakeAsync(id)).Task.ShouldBe(lost.Task);
    }

    [Fact]
    public async Task Kill_SiloWithABacklog_AllRunOnTheOthers()
    {
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Sqlite, silos: 2, configure: engine => engine.QueueWindow = Window,
            prepare: attempts => attempts.Hold("a"));
        var workflow = await cluster.SaveAsync("", "a");
        var ids = await StartManyAsync(cluster, workflow);
        await cluster.KillAsync(cluster.Silos[1]);
        cluster.Attempts.Release();
        foreach (var id in ids)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("completed");
        }
    }

    [Fact]
    public async Task Idle_ExecutionThatSleepsForMonths_LeavesMemoryAndWakesInTime()
    {
        await using var cluster = await StartAsync(DatabaseKind.Sqlite);
        var workflow = Guid.NewGuid();
        const string Text = "name: sleeper\nversion: '1'\ntasks: {a: {sleep: 90d}}";
        await cluster.Client.GetGrain<IWorkflowGrain>(workflow.ToString("D"))
            .CreateAsync(new SaveWorkflow { Organization = EngineCluster.Organization, Definition = Text }, Ct);
        var id = await cluster.StartAsync(workflow);
        (await cluster.ViewAsync(id)).Status.ShouldBe("waiting");
        await cluster.DeactivateAsync(cluster.Execution(id));

        // It is due: the sweep looks at it, and its own timer is far in the future still.
        await cluster.MakeDueAsync(id);
        var row = cluster.Service<IExecutionQueries>();
        await Eventually.TrueAsync("the next look is its own time again", async () =>
            (await row.FindAsync(EngineCluster.Organization, id, Ct))!.NextWakeAt > TimeProvider.System.GetUtcNow().AddDays(80));
    }

    private static Task<EngineCluster> StartAsync(DatabaseKind kind, int partitions = 2) => EngineCluster.StartAsync(
        kind, configure: engine => (engine.QueueWindow, engine.RunsTasks, engine.Partitions) = (Window, false, partitions));

    private static async Task<List<Guid>> StartManyAsync(EngineCluster cluster, Guid workflow)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < Many; i++)
        {
            ids.Add(await cluster.StartAsync(workflow));
        }

        return ids;
    }

    private static List<IQueueGrain> Partitions(EngineCluster cluster) =>
    [
        .. Enumerable.Range(0, cluster.Service<QueuePartitions>().Count)
            .Select(partition => cluster.Client.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition))),
    ];

    private static async Task<QueueStats[]> StatsAsync(EngineCluster cluster) =>
        await Task.WhenAll(Partitions(cluster).Select(partition => partition.StatsAsync(Ct)));

    private static async Task<IEnumerable<QueueShare>> DescribeAsync(EngineCluster cluster) =>
        (await Task.WhenAll(Partitions(cluster).Select(partition => partition.DescribeAsync(Ct)))).SelectMany(shares => shares);

    private static async Task<int> ActiveAsync(EngineCluster cluster) =>
        (await cluster.Client.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics())
            .Where(statistic => statistic.GrainType.Contains(nameof(ExecutionGrain), StringComparison.Ordinal))
            .Sum(statistic => statistic.ActivationCount);
}
