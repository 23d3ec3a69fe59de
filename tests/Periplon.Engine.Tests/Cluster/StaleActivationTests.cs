using Orleans.Storage;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Client.Queue;
using Periplon.Client.Workers;
using Periplon.Core.Limits;
using Periplon.Core.Workflows;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>
/// While silos fail over, a grain may live twice for a moment. Whichever activation writes second loses, loads what is stored, and its
/// callers repeat; those that store nothing can do no harm.
/// </summary>
public sealed class StaleActivationTests(SiloWithHeldAttempts silo) : IClassFixture<SiloWithHeldAttempts>
{
    private readonly EngineCluster _cluster = silo.Cluster;
    private readonly string _key = $"k{Guid.NewGuid():N}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IConcurrencyGrain Limit => _cluster.Client.GetGrain<IConcurrencyGrain>(LimitKeys.Of(EngineCluster.Organization, _key));

    [Fact]
    public async Task Concurrency_AnotherActivationHasWritten_LosesLoadsAndDecidesAgain()
    {
        var first = Place();
        (await Limit.ApplyAsync([first], Ct)).ShouldBe([LimitAnswer.Granted]);
        await WriteBehindAsync();

        // It would give the place back and grant the next, on what it remembers.
        await Should.ThrowAsync<InconsistentStateException>(Limit.ApplyAsync([first with { Release = true }], Ct));
        (await Limit.DescribeAsync(Ct)).Holders.ShouldHaveSingleItem("nothing was done").ShouldBe(first.Place);
        (await Limit.ApplyAsync([first with { Release = true }], Ct)).ShouldBe([LimitAnswer.Released]);
    }

    [Fact]
    public async Task Concurrency_AnotherActivationHasWritten_ExecutionsGetTheirPlacesAllTheSame()
    {
        var workflow = await _cluster.SaveAsync("", $"a: concurrency: {_key}");
        var first = await _cluster.StartAsync(workflow);
        await HoldsAsync(first);
        var second = await _cluster.StartAsync(workflow);
        await Eventually.TrueAsync("the second waits", async () => (await Limit.DescribeAsync(Ct)).Waiting == 1);
        await WriteBehindAsync();
        await _cluster.Execution(first).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
        await _cluster.MakeDueAsync(second);
        await HoldsAsync(second);
        await _cluster.Execution(second).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
    }

    [Fact]
    public async Task Queue_OfferFromAPartitionThatLivesTwice_IsClaimedOnce()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.RunsTasks = false);
        var id = await cluster.RunAsync("", "a");
        var offer = await cluster.TakeAsync(id);

        // The other activation has built its own queue from the database, and hands out the same attempt.
        await cluster.DeactivateAsync(cluster.PartitionOf(id));
        var again = await cluster.TakeAsync(id);
        (again.Task, again.Attempt).ShouldBe((offer.Task, offer.Attempt));
        var claims = await Task.WhenAll(cluster.ClaimAsync(offer, Guid.NewGuid()), cluster.ClaimAsync(again, Guid.NewGuid()));
        claims.Count(lease => lease is not null).ShouldBe(1);
    }

    [Fact]
    public async Task Worker_ActivationOnAnotherSilo_AnswersForNobody()
    {
        var elsewhere = _cluster.Client.GetGrain<IWorkerGrain>("127.0.0.1:1@1");
        (await Should.ThrowAsync<OrleansException>(elsewhere.HoldsAsync([Guid.NewGuid()], Ct))).Message.ShouldContain("cannot be reached");
        await Should.ThrowAsync<OrleansException>(elsewhere.StatsAsync(Ct));
    }

    private static PlaceRequest Place() => new()
    {
        Place = new LimitPlace(Guid.NewGuid(), "a", Samples.Start), Limit = 1, Strategy = LimitStrategy.Queue,
    };

    private async Task WriteBehindAsync() => await _cluster.Database.ScalarAsync(
        $"update orleansstorage set version = version + 1 where grainidextensionstring like '%{_key}%'");

    private Task HoldsAsync(Guid execution) => Eventually.TrueAsync(
        $"execution {execution} holds a place", async () =>
        {
            try
            {
                return (await Limit.DescribeAsync(Ct)).Holders.Select(holder => holder.Execution).SequenceEqual([execution]);
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        });
}
