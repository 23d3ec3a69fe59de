using NSubstitute;
using Periplon.Client.Limits;
using Periplon.Engine.Queue;

namespace Periplon.Tests.Api;

/// <summary>What the API says of the queue and of limits.</summary>
public sealed class QueueApiTests
{
    private static readonly Guid Execution = Guid.Parse("019aaaaa-0000-7000-8000-000000000001");

    [Fact]
    public async Task Stats_ShowWhatWaitsInMemoryAndInTheDatabase()
    {
        await using var api = await ApiHost.StartAsync();
        var now = api.Time.GetUtcNow();
        api.Queue.Queued.AddRange(
        [
            new QueuedCount("default", 0, 0, 1_000, now.AddMinutes(-5)), new QueuedCount("default", 1, 7, 20, now),
            new QueuedCount("other", 1, 5, 300, now.AddHours(-1)),
        ]);
        var json = (await api.GetAsync("/api/v1/queue/stats")).Json;
        (json["pending"]!.GetValue<long>(), json["queued"]!.GetValue<long>(), json["backlog"]!.GetValue<long>()).ShouldBe((3, 1_320, 1_318));
        json["organization"]!.ToJsonString().ShouldBe(
            """
            {"pending":3,"queued":1020,"oldest_at":"2026-11-23T11:55:00Z","priorities":[{"priority":7,"pending":0,"queued":20,"oldest_at":"2026-11-23T12:00:00Z"},{"priority":0,"pending":3,"queued":1000,"oldest_at":"2026-11-23T11:55:00Z"}]}
            """.Trim());
        json["partitions"]![1]!.ToJsonString().ShouldBe(
            """{"partition":1,"pending":4,"queued":320,"backlog":319,"oldest_at":"2026-11-23T11:00:00Z"}""");
        json.ToJsonString().ShouldNotContain("other");

        await api.GetAsync("/api/v1/queue/stats");
        api.Queue.Counts.ShouldBe(1, "figures are kept for some seconds");
    }

    [Fact]
    public async Task Metrics_HaveTheFiguresOfTheQueueWhileTheyCanBeRead()
    {
        await using var api = await ApiHost.StartAsync();
        api.Queue.Queued.Add(new QueuedCount("default", 1, 7, 20, api.Time.GetUtcNow().AddSeconds(-90)));
        var text = (await api.GetAsync("/metrics")).Text;
        text.ShouldContain("\nperiplon_queue_pending{partition=\"0\"} 3");
        text.ShouldContain("\nperiplon_queue_queued{partition=\"1\"} 20");
        text.ShouldContain("\nperiplon_queue_backlog{partition=\"1\"} 19");
        text.ShouldContain("\nperiplon_queue_oldest_seconds{partition=\"1\"} 90");
        text.ShouldContain("\nperiplon_queue_queued_by_priority{priority=\"7\"} 20");
        api.Stores.Failure = new TimeoutException();
        api.Time.Advance(TimeSpan.FromSeconds(6));
        (await api.GetAsync("/metrics")).Text.ShouldNotContain("\nperiplon_queue_pending{");
    }

    [Fact]
    public async Task Limits_Concurrency_ShowsHoldersAndHowManyWait()
    {
        await using var api = await ApiHost.StartAsync();
        api.Queue.LimitKeys.AddRange(["default/a", "default/b", "other/c"]);
        var grain = Substitute.For<IConcurrencyGrain>();
        grain.DescribeAsync(Arg.Any<CancellationToken>()).Returns(new PlacesView(
            2, [new LimitPlace(Execution, "", api.Time.GetUtcNow()), new LimitPlace(Execution, "x.y", api.Time.GetUtcNow())], 5));
        api.Grains.Factory.GetGrain<IConcurrencyGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(grain);
        var page = await api.GetAsync("/api/v1/limits?limit=1");
        page.Json.ToJsonString().ShouldBe(
            $$"""
            {"limits":[{"key":"a","kind":"concurrency","limit":2,"held":2,"waiting":5,"holders":[{"execution_id":"{{Execution}}","task":null,"since":"2026-11-23T12:00:00Z"},{"execution_id":"{{Execution}}","task":"x.y","since":"2026-11-23T12:00:00Z"}]}],"next_after":"a"}
            """.Trim());
        var second = (await api.GetAsync("/api/v1/limits?limit=2&after=a")).Json;
        second["limits"]!.AsArray().Select(limit => limit!["key"]!.GetValue<string>()).ShouldBe(["b"]);
        second["next_after"].ShouldBeNull();
    }

    [Fact]
    public async Task Limits_Rate_ShowsStartsAndWhenTheNextMayBe()
    {
        await using var api = await ApiHost.StartAsync();
        api.Queue.LimitKeys.Add("default/api");
        var grain = Substitute.For<IRateLimitGrain>();
        grain.DescribeAsync(Arg.Any<CancellationToken>()).Returns(new StartsView(10, 60, 4, 2, api.Time.GetUtcNow().AddSeconds(30)));
        api.Grains.Factory.GetGrain<IRateLimitGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(grain);
        (await api.GetAsync("/api/v1/limits?kind=rate")).Json["limits"]![0]!.ToJsonString().ShouldBe(
            """{"key":"api","kind":"rate","limit":10,"waiting":2,"period_secs":60,"recent":4,"next_at":"2026-11-23T12:00:30Z"}""");
    }

    [Fact]
    public async Task Limits_OneThatDoesNotAnswer_IsNamedWithoutFigures()
    {
        await using var api = await ApiHost.StartAsync();
        api.Queue.LimitKeys.Add("default/slow");
        var grain = Substitute.For<IConcurrencyGrain>();
        grain.DescribeAsync(Arg.Any<CancellationToken>()).Returns(Task.FromException<PlacesView>(new TimeoutException()));
        api.Grains.Factory.GetGrain<IConcurrencyGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(grain);
        (await api.GetAsync("/api/v1/limits")).Json["limits"]![0]!.ToJsonString().ShouldBe("""{"key":"slow","kind":"concurrency"}""");
    }

    [Fact]
    public async Task Limits_BadQuery_NamesEveryMistake()
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.GetAsync("/api/v1/limits?kind=other&limit=0");
        answer.Status.ShouldBe(400);
        answer.Json["errors"]!.AsArray().Select(error => error!["path"]!.GetValue<string>()).ShouldBe(["kind", "limit"]);
    }
}
