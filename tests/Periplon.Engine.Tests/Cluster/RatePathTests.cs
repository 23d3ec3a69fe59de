using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>A rate limit holds on whichever path executions come: of one start an hour only one begins.</summary>
public sealed class RatePathTests : IAsyncLifetime
{
    private readonly string _limit = $"rate_limit: {{key: k{Guid.NewGuid():N}, limit: 1, period_secs: 3600}}";
    private EngineCluster _cluster = null!;

    public async ValueTask InitializeAsync() =>
        _cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("a"));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Api_ManyStarts_OneBegins()
    {
        var workflow = await SaveAsync();
        for (var i = 0; i < 3; i++)
        {
            await _cluster.StartAsync(workflow);
        }

        await OneBeginsAsync(waiting: 2);
    }

    [Fact]
    public async Task Subflow_OfSeveralParents_OneBegins()
    {
        var workflow = await _cluster.SaveParentAsync(_limit);
        for (var i = 0; i < 3; i++)
        {
            await _cluster.StartAsync(workflow);
        }

        await OneBeginsAsync(waiting: 2);
    }

    [Fact]
    public async Task Schedule_Ticks_OneBegins()
    {
        await _cluster.ScheduleAsync(await SaveAsync(), seconds: 1);
        await OneBeginsAsync(waiting: 2);
    }

    [Fact]
    public async Task Backfill_OfARange_OneBegins()
    {
        await _cluster.BackfillAsync(await SaveAsync());
        await OneBeginsAsync(waiting: 2);
    }

    [Fact]
    public async Task Retry_OfEndedExecutions_NoneBeginsInTheSameHour()
    {
        var workflow = await SaveAsync();
        var ended = await _cluster.CancelledAsync(workflow, 3);
        await _cluster.RetryAsync(workflow, ended);
        await OneBeginsAsync(waiting: 3);
    }

    [Fact]
    public async Task BulkRetry_OfManyExecutions_NoneBeginsInTheSameHour()
    {
        var workflow = await SaveAsync();
        await _cluster.CancelledAsync(workflow, 3);
        var hasEnded = await _cluster.RetryInBulkAsync(workflow, 3);
        await OneBeginsAsync(waiting: 3);
        await hasEnded();
    }

    [Fact]
    public async Task Trigger_ManyEnds_OneFollowerBegins()
    {
        var source = await _cluster.SaveAsync("", "s");
        await _cluster.FollowAsync(source, await SaveAsync());
        for (var i = 0; i < 3; i++)
        {
            (await _cluster.EndAsync(await _cluster.StartAsync(source))).Status.ShouldBe("completed");
        }

        await OneBeginsAsync(waiting: 2);
    }

    private Task<Guid> SaveAsync() => _cluster.SaveAsync("", $"a: {_limit}");

    private async Task OneBeginsAsync(int waiting)
    {
        await Eventually.TrueAsync($"{waiting} wait for their time", async () => Convert.ToInt64(
            await _cluster.Database.ScalarAsync("select count(*) from executions where wait_reason = 'rate_limit'"),
            System.Globalization.CultureInfo.InvariantCulture) >= waiting);
        await Eventually.TrueAsync("one has begun", () => Task.FromResult(Begun() > 0));
        Begun().ShouldBe(1);
    }

    private int Begun() => _cluster.Attempts.Begun.Count(attempt => attempt.StartsWith("a/", StringComparison.Ordinal));
}
