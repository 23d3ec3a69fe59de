using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Limits;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Limits of executions that nobody starts one by one: what triggers start, and what a bulk retry does.</summary>
public sealed class LimitFollowUpTests : IAsyncLifetime
{
    private readonly string _key = $"k{Guid.NewGuid():N}";
    private EngineCluster _cluster = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IConcurrencyGrain Limit => _cluster.Client.GetGrain<IConcurrencyGrain>(LimitKeys.Of(EngineCluster.Organization, _key));

    public async ValueTask InitializeAsync() =>
        _cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("b"));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Trigger_ManyEnds_TheirFollowersRunOneAfterTheOther()
    {
        var source = await _cluster.SaveAsync("", "a");
        var follower = await _cluster.SaveAsync($"concurrency: {_key}", "b");
        await _cluster.FollowAsync(source, follower);
        for (var i = 0; i < 3; i++)
        {
            (await _cluster.EndAsync(await _cluster.StartAsync(source))).Status.ShouldBe("completed");
        }

        await OneAtATimeAsync(3);
    }

    [Fact]
    public async Task BulkRetry_OfManyExecutions_RunsOneAfterTheOther()
    {
        var workflow = await _cluster.SaveAsync($"concurrency: {_key}", "b");
        await _cluster.CancelledAsync(workflow, 3);
        await FreeAsync();
        var before = _cluster.Attempts.Begun.Count;
        var hasEnded = await _cluster.RetryInBulkAsync(workflow, 3);
        await OneAtATimeAsync(3, before);
        await hasEnded();
    }

    [Fact]
    public async Task Reject_OfAWorkflow_FailsTheSecondExecutionBeforeAnyOfItRuns()
    {
        var workflow = await _cluster.SaveAsync($"concurrency: {{key: {_key}, strategy: reject}}", "b");
        var first = await _cluster.StartAsync(workflow);
        await Eventually.TrueAsync("the first has begun", () => Task.FromResult(_cluster.Attempts.Begun.Count > 0));
        var second = await _cluster.EndAsync(await _cluster.StartAsync(workflow));
        second.Status.ShouldBe("failed");
        second.Error.ShouldNotBeNull().ShouldContain(_key);
        _cluster.Attempts.Begun.Count.ShouldBe(1);
        (await Limit.DescribeAsync(Ct)).Holders.ShouldHaveSingleItem().Execution.ShouldBe(first);
        await CancelAsync(first);
        await FreeAsync();
        var third = await _cluster.StartAsync(workflow);
        await Eventually.TrueAsync("there is room again", () => Task.FromResult(_cluster.Attempts.Begun.Count > 1));
        await CancelAsync(third);
    }

    // Each finishes only when the test says so: at no time has a second one begun before.
    private async Task OneAtATimeAsync(int count, int before = 0)
    {
        for (var done = 0; done < count; done++)
        {
            var waiting = count - done - 1;
            var begun = before + done + 1;
            await Eventually.TrueAsync($"one holds the place and {waiting} wait", async () =>
                await Limit.DescribeAsync(Ct) is { Holders.Count: 1 } view && view.Waiting == waiting, 30);
            await Eventually.TrueAsync("it has begun", () => Task.FromResult(BegunOfB() >= begun));
            BegunOfB().ShouldBe(begun);
            await CancelAsync((await Limit.DescribeAsync(Ct)).Holders[0].Execution);
        }

        await FreeAsync();
    }

    private int BegunOfB() => _cluster.Attempts.Begun.Count(begun => begun.StartsWith("b/", StringComparison.Ordinal));

    private async Task CancelAsync(Guid execution)
    {
        await _cluster.Execution(execution).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
        (await _cluster.EndAsync(execution)).Status.ShouldBe("cancelled");
    }

    private Task FreeAsync() => Eventually.TrueAsync(
        "the place is free", async () => await Limit.DescribeAsync(Ct) is { Holders.Count: 0, Waiting: 0 });
}
