using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Limits;
using Periplon.Core.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Limits;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>A silo whose worker's attempts are held by the tests, for limits.</summary>
public sealed class SiloWithHeldAttempts : IAsyncLifetime
{
    internal EngineCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("a"));

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>Limits between executions on the cluster.</summary>
public sealed class LimitGrainTests(SiloWithHeldAttempts silo) : IClassFixture<SiloWithHeldAttempts>
{
    private readonly EngineCluster _cluster = silo.Cluster;
    private readonly string _key = $"k{Guid.NewGuid():N}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IConcurrencyGrain Limit => _cluster.Client.GetGrain<IConcurrencyGrain>(LimitKeys.Of(EngineCluster.Organization, _key));

    [Fact]
    public async Task Concurrency_OfWorkflows_SecondStaysQueuedUntilTheFirstEnds()
    {
        var workflow = await _cluster.SaveAsync($"concurrency: {_key}", "a");
        var first = await _cluster.StartAsync(workflow);
        await HoldsAsync(first);
        var second = await _cluster.StartAsync(workflow);
        await WaitsAsync(1);
        var view = await _cluster.ViewAsync(second);
        view.Status.ShouldBe("queued");
        var why = view.Why.ShouldHaveSingleItem();
        (why.Task, why.WaitsFor).ShouldBe((null, "concurrency"));
        why.HeldBy.ShouldNotBeNull().ShouldContain(first.ToString("D"));
        why.WakesAt.ShouldNotBeNull();

        await CancelAsync(first);
        await HoldsAsync(second);
        await Eventually.TrueAsync("the second runs", async () => (await _cluster.ViewAsync(second)).Status == "running");
        await CancelAsync(second);
        await HoldsAsync();
    }

    [Fact]
    public async Task Concurrency_KilledActivation_GrantsNotTooManyAndFindsTheWaiterAgain()
    {
        var workflow = await _cluster.SaveAsync("", $"a: concurrency: {_key}");
        var first = await _cluster.StartAsync(workflow);
        await HoldsAsync(first);
        var second = await _cluster.StartAsync(workflow);
        await WaitsAsync(1);

        await _cluster.DeactivateAsync(Limit);
        await HoldsAsync(first);
        var third = await _cluster.StartAsync(workflow);
        await WaitsAsync(1);
        (await _cluster.ViewAsync(third)).Tasks[0].Status.ShouldBe("waiting", "a new activation knows who holds the place");

        await _cluster.MakeDueAsync(second);
        await WaitsAsync(2);
        await CancelAsync(first);
        await HoldsAsync(second);
        await CancelAsync(second);
        await HoldsAsync(third);
        await CancelAsync(third);
    }

    [Fact]
    public async Task Concurrency_HolderThatIsGone_IsFoundWhileAnotherWaits()
    {
        var gone = new LimitPlace(Guid.NewGuid(), "a", Samples.Start);
        (await Limit.ApplyAsync([new PlaceRequest { Place = gone }], Ct)).ShouldBe([LimitAnswer.Granted]);
        var id = await _cluster.RunAsync("", $"a: concurrency: {_key}");
        await HoldsAsync(id);
        await CancelAsync(id);
    }

    [Fact]
    public async Task Concurrency_GrantNobodyAsksForAnyMore_GivesThePlaceBack()
    {
        var first = await _cluster.RunAsync("", $"a: concurrency: {_key}");
        await HoldsAsync(first);
        var gone = new LimitPlace(Guid.NewGuid(), "a", Samples.Start);
        (await Limit.ApplyAsync([new PlaceRequest { Place = gone }], Ct)).ShouldBe([LimitAnswer.Waiting]);
        await CancelAsync(first);
        await HoldsAsync();
    }

    [Fact]
    public async Task Concurrency_Reject_FailsTheSecond()
    {
        var workflow = await _cluster.SaveAsync("", $"a: concurrency: {{key: {_key}, strategy: reject}}");
        var first = await _cluster.StartAsync(workflow);
        await HoldsAsync(first);
        var second = await _cluster.EndAsync(await _cluster.StartAsync(workflow));
        second.Status.ShouldBe("failed");
        second.Tasks[0].ErrorKind.ShouldBe("limit");
        second.Tasks[0].Error.ShouldNotBeNull().ShouldContain(_key);
        await CancelAsync(first);
    }

    [Fact]
    public async Task Concurrency_RejectWhileSomebodyHoldsWhoIsGone_FindsThatOut()
    {
        // Its execution has ended without giving the place back, and nobody who is refused waits.
        PlaceRequest Ask() => new() { Place = new LimitPlace(Guid.NewGuid(), "a", Samples.Start), Strategy = LimitStrategy.Reject };
        (await Limit.ApplyAsync([Ask()], Ct)).ShouldBe([LimitAnswer.Granted]);
        (await Limit.ApplyAsync([Ask()], Ct)).ShouldBe([LimitAnswer.Refused]);
        await HoldsAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Concurrency_CancelOldest_MakesRoomForTheNewcomer(bool ofWorkflow)
    {
        var limit = $"concurrency: {{key: {_key}, strategy: cancel_oldest}}";
        var workflow = ofWorkflow ? await _cluster.SaveAsync(limit, "a") : await _cluster.SaveAsync("", $"a: {limit}");
        var first = await _cluster.StartAsync(workflow);
        await HoldsAsync(first);
        var second = await _cluster.StartAsync(workflow);
        await HoldsAsync(second);
        var ended = await _cluster.EndAsync(first);
        ended.Tasks[0].Status.ShouldBe("cancelled");
        ended.Tasks[0].Reason.ShouldNotBeNull();
        (await _cluster.EventsAsync(first)).Select(happened => happened.ToString()).ShouldContain(text => text.Contains("cancel_oldest"));
        await CancelAsync(second);
    }

    [Fact]
    public async Task RateLimit_SecondStart_WaitsForItsTime()
    {
        var workflow = await _cluster.SaveAsync("", $"r: rate_limit: {{key: {_key}, limit: 1, period_secs: 3600}}");
        (await _cluster.EndAsync(await _cluster.StartAsync(workflow))).Status.ShouldBe("completed");
        var second = await _cluster.StartAsync(workflow);
        await Eventually.TrueAsync("its start is reserved", async () => (await _cluster.ViewAsync(second)).Why[0].HeldBy == "a timer");
        var view = await _cluster.ViewAsync(second);
        view.Status.ShouldBe("waiting");
        view.Why[0].WaitsFor.ShouldBe("rate_limit");
        view.Why[0].WakesAt.ShouldNotBeNull().ShouldBeGreaterThan(view.CreatedAt.AddMinutes(55));
        await CancelAsync(second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Limits_NewActivation_RemembersStartsAndPlaces(bool onPostgres)
    {
        await using var cluster = await EngineCluster.StartAsync(onPostgres ? DatabaseKind.Postgres : DatabaseKind.Sqlite);
        var grain = cluster.Client.GetGrain<IRateLimitGrain>("default/стр");
        StartReservation Request() => new() { Place = new LimitPlace(Guid.NewGuid(), "a", Samples.Start), Limit = 2, PeriodSecs = 3600 };
        var first = await grain.ReserveAsync([Request(), Request()], Ct);
        await cluster.DeactivateAsync(grain);
        var third = await grain.ReserveAsync([Request()], Ct);
        (third[0] - first[0]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromHours(1));

        var places = cluster.Client.GetGrain<IConcurrencyGrain>("default/стр");
        var holder = new PlaceRequest { Place = new LimitPlace(Guid.NewGuid(), "ä", Samples.Start), Limit = 2 };
        (await places.ApplyAsync([holder], Ct)).ShouldBe([LimitAnswer.Granted]);
        await cluster.DeactivateAsync(places);
        var keys = cluster.Service<ILimitStore>();
        (await keys.ListKeysAsync("default", LimitKinds.Concurrency, null, 10, Ct)).ShouldBe(["default/стр"]);
        (await keys.ListKeysAsync("default", LimitKinds.Rate, null, 10, Ct)).ShouldBe(["default/стр"]);
        (await keys.ListKeysAsync("default", LimitKinds.Rate, "default/стр", 10, Ct)).ShouldBeEmpty();
        (await keys.ListKeysAsync("defaul", LimitKinds.Rate, null, 10, Ct)).ShouldBeEmpty();
        var view = await places.DescribeAsync(Ct);
        (view.Limit, view.Holders.ShouldHaveSingleItem()).ShouldBe((2, holder.Place));
        (await places.ApplyAsync([holder with { Release = true }], Ct)).ShouldBe([LimitAnswer.Released]);
        await cluster.DeactivateAsync(places);
        (await places.DescribeAsync(Ct)).Holders.ShouldBeEmpty();
        (await keys.ListKeysAsync("default", LimitKinds.Concurrency, null, 10, Ct)).ShouldBeEmpty();
    }

    private Task HoldsAsync(params Guid[] executions) => Eventually.TrueAsync(
        $"{executions.Length} executions hold a place of {_key}",
        async () => (await Limit.DescribeAsync(Ct)).Holders.Select(holder => holder.Execution).SequenceEqual(executions));

    private Task WaitsAsync(int count) => Eventually.TrueAsync(
        $"{count} wait for {_key}", async () => (await Limit.DescribeAsync(Ct)).Waiting == count);

    private async Task CancelAsync(Guid execution)
    {
        await _cluster.Execution(execution).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
        (await _cluster.EndAsync(execution)).Status.ShouldBe("cancelled");
    }
}
