using Microsoft.Extensions.DependencyInjection;
using Periplon.Engine.Bulk;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Api;

public sealed class OperationsApiTests
{
    private const string Route = "/api/v1/executions/bulk";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_AnswersTheOperationThatTheServerWorksOn()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        fixture.Api.AddExecution();
        var answer = await fixture.Api.PostAsync(
            Route, """{"action":"cancel","filter":{"workflow":"nightly","labels":{"team":"blue"} },"reason":"enough"}""");
        answer.Status.ShouldBe(202, answer.Text);
        var id = answer.Json["id"]!.GetValue<Guid>();
        answer.Headers["Location"].ShouldBe($"/api/v1/operations/{id}");
        answer.ShouldBeJson(202, $$"""
            {"id":"{{id}}","action":"cancel","status":"running","reason":"enough","matched":1,"done":0,"unchanged":0,"failed":0,"errors":[],
             "filter":{"workflow_id":"{{Samples.WorkflowId}}","workflow":null,"status":["queued","running","waiting","paused"],
                       "triggered_by":null,"parent_execution_id":null,"labels":{"team":"blue"},"created_after":null,"created_before":null},
             "created_at":"2026-11-23T12:00:00Z","created_by":null,"updated_at":"2026-11-23T12:00:00Z","completed_at":null}
            """);
        (await fixture.Api.GetAsync($"/api/v1/operations/{id}")).Text.ShouldBe(answer.Text);
        (await fixture.Api.GetAsync("/api/v1/operations?status=running")).Json["operations"]!.AsArray().Count.ShouldBe(1);
        (await fixture.Api.GetAsync("/api/v1/operations?status=completed")).Json["operations"]!.AsArray().ShouldBeEmpty();
        (await fixture.Api.GetAsync($"/api/v1/operations/{Guid.NewGuid()}")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task Start_DryRun_CountsAndStoresNothing()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        fixture.Api.AddExecution();
        var answer = await fixture.Api.PostAsync(Route, """{"action":"pause","all":true,"dry_run":true}""");
        answer.ShouldBeJson(200, $$"""
            {"action":"pause","matched":1,"sample":["{{Samples.ExecutionId}}"],"message":"1 executions match; nothing was done"}
            """);
        (await fixture.Api.GetAsync("/api/v1/operations")).Json["operations"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Start_SameKey_IsOneOperation()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        const string Body = """{"action":"signal","filter":{"status":["waiting"]},"params":{"name":"go","payload":{"n":1} } }""";
        var first = await fixture.Api.PostAsync(Route, Body, key: "k");
        fixture.Api.Time.Advance(TimeSpan.FromSeconds(3));
        var again = await fixture.Api.PostAsync(Route, Body, key: "k");
        again.Text.ShouldBe(first.Text);
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        FakeAudit.Of(fixture.Api).ShouldBe([("execution.bulk", $"operation {first.Json["id"]!.GetValue<Guid>():D}")]);
        first.Headers.ShouldNotContainKey("Idempotency-Replayed");
        (await fixture.Api.PostAsync(Route, Body.Replace("go", "stop"), key: "k")).ShouldBeProblem(422).ShouldContain("used before");
        (await fixture.Api.GetAsync("/api/v1/operations")).Json["operations"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Start_MoreThanMayRun_IsRefusedUntilOneHasEnded()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        const string Body = """{"action":"pause","all":true}""";
        for (var i = 0; i < BulkOperation.MostRunning; i++)
        {
            (await fixture.Api.PostAsync(Route, Body, key: $"k{i}")).Status.ShouldBe(202);
        }

        (await fixture.Api.PostAsync(Route, Body, key: "more")).ShouldBeProblem(409).ShouldContain("20 operations are under way");
        fixture.Api.Time.Advance(TimeSpan.FromSeconds(1));
        var again = await fixture.Api.PostAsync(Route, Body, key: "k3");
        (again.Status, again.Headers["Idempotency-Replayed"]).ShouldBe((202, "true"), "one that is under way is no new one");
        FakeAudit.Of(fixture.Api).Count().ShouldBe(BulkOperation.MostRunning);
    }

    [Theory]
    [InlineData("{}", "action: is missing")]
    [InlineData("""{"action":"delete","all":true}""", "one of cancel, kill, pause, resume, signal, retry")]
    [InlineData("""{"action":"cancel"}""", "names nothing")]
    [InlineData("""{"action":"cancel","filter":{}}""", "names nothing")]
    [InlineData("""{"action":"cancel","all":true,"filter":{"status":["running"]}}""", "together with all")]
    [InlineData("""{"action":"cancel","filter":{"statuses":["running"]},"all":true}""", "filter.statuses: is not known")]
    [InlineData("""{"action":"cancel","filter":{"status":["gone"]}}""", "'gone' is not a status")]
    [InlineData("""{"action":"cancel","filter":{"workflow":"none"}}""", "no workflow named 'none'")]
    [InlineData("""{"action":"cancel","filter":{"created_after":"soon"}}""", "is not a time")]
    [InlineData("""{"action":"signal","all":true}""", "params.name: must have")]
    [InlineData("""{"action":"cancel","all":true,"params":{"name":"x"}}""", "it belongs to signal")]
    [InlineData("""{"action":"signal","all":true,"params":{"name":"x","from_task":"a"}}""", "it belongs to retry")]
    [InlineData("""{"action":"retry","all":true,"params":{"from_task":"a","from_start":true}}""", "contradicts from_task")]
    public async Task Start_WrongBody_SaysWhat(string body, string expected)
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        (await fixture.Api.PostAsync(Route, body)).ShouldBeProblem(400).ShouldContain(expected);
        (await fixture.Api.GetAsync("/api/v1/operations")).Json["operations"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancel_OfARunningOperation_IsAskedFor_AndOfAnEndedOneRefused()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var started = await fixture.Api.PostAsync(Route, """{"action":"cancel","all":true}""");
        var one = $"/api/v1/operations/{started.Json["id"]}";
        var asked = await fixture.Api.PostAsync($"{one}/cancel", null);
        (asked.Status, asked.Json["status"]!.GetValue<string>()).ShouldBe((202, "cancelling"));

        var store = fixture.Api.Services.GetRequiredService<BulkStore>();
        var operation = (await store.FindAsync("default", started.Json["id"]!.GetValue<Guid>(), Ct)).ShouldNotBeNull();
        var claimed = (await store.ClaimAsync(operation, "silo", operation.CreatedAt.AddMinutes(1), Ct)).ShouldNotBeNull();
        await store.SaveAsync(claimed with { Status = BulkStatus.Cancelled, CompletedAt = operation.CreatedAt }, Ct);
        (await fixture.Api.GetAsync(one)).Json["status"]!.GetValue<string>().ShouldBe("cancelled");
        (await fixture.Api.PostAsync($"{one}/cancel", null)).ShouldBeProblem(409).ShouldContain("cannot be cancelled any more");
        (await fixture.Api.PostAsync($"/api/v1/operations/{Guid.NewGuid()}/cancel", null)).ShouldBeProblem(404);
    }
}
