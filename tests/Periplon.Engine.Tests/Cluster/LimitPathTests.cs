using Orleans.Runtime;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Limits;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>A limit holds on whichever path executions come: it sits in the execution itself, and all are created the same way.</summary>
public sealed class LimitPathTests : IAsyncLifetime
{
    private readonly string _key = $"k{Guid.NewGuid():N}";
    private EngineCluster _cluster = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IConcurrencyGrain Limit => _cluster.Client.GetGrain<IConcurrencyGrain>(LimitKeys.Of(EngineCluster.Organization, _key));

    public async ValueTask InitializeAsync() =>
        _cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("a"));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Api_ManyStarts_RunOneAfterTheOther(bool ofWorkflow)
    {
        var workflow = await SaveAsync(ofWorkflow);
        for (var i = 0; i < 4; i++)
        {
            await _cluster.StartAsync(workflow);
        }

        await OneAtATimeAsync(4);
    }

    [Fact]
    public async Task Subflow_OfSeveralParents_RunsOneAfterTheOther()
    {
        var workflow = await _cluster.SaveParentAsync($"concurrency: {_key}");
        for (var i = 0; i < 3; i++)
        {
            await _cluster.StartAsync(workflow);
        }

        await OneAtATimeAsync(3);
    }

    [Fact]
    public async Task Retry_OfEndedExecutions_RunsOneAfterTheOther()
    {
        var workflow = await SaveAsync(ofWorkflow: true);
        var ended = await _cluster.CancelledAsync(workflow, 3);
        var before = _cluster.Attempts.Begun.Count;
        await _cluster.RetryAsync(workflow, ended);
        await OneAtATimeAsync(3, before);
    }

    [Fact]
    public async Task Schedule_TicksWhileTheFirstRuns_WaitForIt()
    {
        await _cluster.ScheduleAsync(await SaveAsync(ofWorkflow: true), seconds: 1);
        await Eventually.TrueAsync("two wait", async () => (await Limit.DescribeAsync(Ct)).Waiting >= 2);
        (await Limit.DescribeAsync(Ct)).Holders.Count.ShouldBe(1);
        await Eventually.TrueAsync("the first has begun", () => Task.FromResult(_cluster.Attempts.Begun.Count > 0));
        _cluster.Attempts.Begun.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Backfill_OfARange_RunsOneAfterTheOther()
    {
        await _cluster.BackfillAsync(await SaveAsync(ofWorkflow: true));
        await Eventually.TrueAsync("some wait", async () => (await Limit.DescribeAsync(Ct)).Waiting >= 1);
        (await Limit.DescribeAsync(Ct)).Holders.Count.ShouldBe(1);
        await Eventually.TrueAsync("the first has begun", () => Task.FromResult(_cluster.Attempts.Begun.Count > 0));
        _cluster.Attempts.Begun.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Kill_OfTheSiloWithTheLimit_LosesNoPlaceAndDoublesNone()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Postgres, silos: 3, prepare: attempts => attempts.Hold("a"));
        var (key, grain) = await OnAnotherSiloAsync(cluster);
        var workflow = await cluster.SaveAsync($"concurrency: {{key: {key}, limit: 2}}", "a");
        var ids = new List<Guid>();
        for (var i = 0; i < 6; i++)
        {
            ids.Add(await cluster.StartAsync(workflow));
        }

        await Eventually.TrueAsync("two hold and four wait", async () =>
            await grain.DescribeAsync(Ct) is { Holders.Count: 2, Waiting: 4 });
        var holders = (await grain.DescribeAsync(Ct)).Holders.ToList();
        await cluster.KillAsync(await SiloOfAsync(cluster, grain));

        await Eventually.TrueAsync("the new activation knows who holds places and who waits", async () =>
        {
            try
            {
                return await grain.DescribeAsync(Ct) is { Holders.Count: 2, Waiting: 4 };
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                return false;
            }
        }, 90);
        (await grain.DescribeAsync(Ct)).Holders.ShouldBe(holders);
        var tooMany = false;
        foreach (var silo in cluster.Silos)
        {
            cluster.AttemptsOf(silo).Release();
        }

        await Eventually.TrueAsync("all have ended", async () =>
        {
            tooMany |= (await grain.DescribeAsync(Ct)).Holders.Count > 2;
            var views = await Task.WhenAll(ids.Select(id => cluster.Execution(id).DescribeAsync(Ct)));
            return views.All(view => view is { Status: "completed" });
        }, 90);
        tooMany.ShouldBeFalse();
        await Eventually.TrueAsync("every place is free", async () => await grain.DescribeAsync(Ct) is { Holders.Count: 0, Waiting: 0 });
    }

    private Task<Guid> SaveAsync(bool ofWorkflow) => ofWorkflow
        ? _cluster.SaveAsync($"concurrency: {_key}", "a")
        : _cluster.SaveAsync("", $"a: concurrency: {_key}");

    // Each finishes only when the test says so: at no time has a second one begun before.
    private async Task OneAtATimeAsync(int count, int before = 0)
    {
        for (var done = 0; done < count; done++)
        {
            var waiting = count - done - 1;
            await Eventually.TrueAsync($"one holds the place and {waiting} wait", async () =>
                await Limit.DescribeAsync(Ct) is { Holders.Count: 1 } view && view.Waiting == waiting);
            await Eventually.TrueAsync("it has begun", () => Task.FromResult(_cluster.Attempts.Begun.Count > before));
            _cluster.Attempts.Begun.Count.ShouldBe(before + 1);
            before++;
            var holder = (await Limit.DescribeAsync(Ct)).Holders[0];
            await _cluster.Execution(holder.Execution).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
        }

        await Eventually.TrueAsync("the place is free", async () => await Limit.DescribeAsync(Ct) is { Holders.Count: 0, Waiting: 0 });
    }

    // The client's calls go through the first silo, so that one stays.
    private static async Task<(string Key, IConcurrencyGrain Grain)> OnAnotherSiloAsync(EngineCluster cluster)
    {
        while (true)
        {
            var key = $"k{Guid.NewGuid():N}";
            var grain = cluster.Client.GetGrain<IConcurrencyGrain>(LimitKeys.Of(EngineCluster.Organization, key));
            await grain.DescribeAsync(Ct);
            if ((await SiloOfAsync(cluster, grain)).SiloAddress != cluster.Silos[0].SiloAddress)
            {
                return (key, grain);
            }
        }
    }

    private static async Task<Orleans.TestingHost.InProcessSiloHandle> SiloOfAsync(EngineCluster cluster, IConcurrencyGrain grain)
    {
        var address = await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return cluster.Silos.Single(silo => silo.SiloAddress.Equals(address));
    }
}
