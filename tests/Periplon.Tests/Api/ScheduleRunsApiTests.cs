using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Periplon.Client.Workflows;
using Periplon.Engine.Schedules;

namespace Periplon.Tests.Api;

/// <summary>What comes, what was, and what is to be caught up on.</summary>
public sealed class ScheduleRunsApiTests
{
    private const string Hourly = """{"workflow":"nightly","interval_secs":3600,"start_at":"2026-11-20T00:00:00Z","input_params":{"n":1},"priority":3}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Next_AroundAChangeOfTheClock_ShowsBothTimes()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(
            api, """{"workflow":"nightly","cron_expression":"30 2 * * *","timezone":"Europe/Berlin"}""");
        var answer = await api.GetAsync(one + "/next?count=2&from=2026-03-29T00:00:00Z");
        answer.ShouldBeJson(200, $$"""
            {"schedule_id":"{{one[^36..]}}","timezone":"Europe/Berlin","occurrences":[
            {"scheduled_at":"2026-03-29T01:00:00Z","fires_at":"2026-03-29T01:00:00Z","local":"2026-03-29T03:00:00+02:00"},
            {"scheduled_at":"2026-03-30T00:30:00Z","fires_at":"2026-03-30T00:30:00Z","local":"2026-03-30T02:30:00+02:00"}]}
            """);
        (await api.GetAsync(one + "/next")).Json["occurrences"]!.AsArray().Count.ShouldBe(5);
        (await api.GetAsync(one + "/next?count=1001")).ShouldBeProblem(400);
    }

    [Fact]
    public async Task Preview_TextThatIsNotStored_ShowsItsTicksOrItsMistake()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var answer = await api.PostAsync("/api/v1/schedules/preview", """{"cron_expression":"@daily","timezone":"Asia/Kathmandu","count":1}""");
        answer.ShouldBeJson(200, """
            {"timezone":"Asia/Kathmandu","occurrences":[
            {"scheduled_at":"2026-11-23T18:15:00Z","fires_at":"2026-11-23T18:15:00Z","local":"2026-11-24T00:00:00+05:45"}]}
            """);
        (await api.PostAsync("/api/v1/schedules/preview", """{"cron_expression":"* * * *"}""")).ShouldBeProblem(400)
            .ShouldStartWith("cron_expression: '* * * *' has 4 fields; allowed are 5");
        (await api.PostAsync("/api/v1/schedules/preview", """{"interval_secs":60,"count":0,"x":1}""")).ShouldBeProblem(400)
            .ShouldContain("count: is 0");
    }

    [Fact]
    public async Task Times_BeforeThereWereAny_AreRefused()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        const string First = "0001-01-01T00:00:00Z";
        (await api.GetAsync($"{one}/next?from={First}")).ShouldBeProblem(400).ShouldContain("from: is 0001-01-01");
        (await api.PostAsync("/api/v1/schedules/preview", $$"""{"interval_secs":60,"from":"{{First}}"}""")).ShouldBeProblem(400)
            .ShouldContain("allowed are times from 1970-01-01");
        (await api.PostAsync(one + "/backfill", $$"""{"from":"{{First}}","to":"2026-11-21"}""")).ShouldBeProblem(400)
            .ShouldContain("allowed are times from 1970-01-01");
    }

    [Fact]
    public async Task Trigger_StartsAnExecutionNowAndRecordsTheRun()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        var answer = await api.PostAsync(one + "/trigger", null, key: "k");
        var execution = answer.Json["execution_id"]!.GetValue<Guid>();
        answer.ShouldBeJson(201, $$"""
            {"schedule_id":"{{one[^36..]}}","execution_id":"{{execution}}","workflow_id":"{{Samples.WorkflowId}}","status":"queued",
            "message":"Execution queued"}
            """);
        var started = api.Grains.Started[execution];
        (started.TriggerType, started.Priority, Encoding.UTF8.GetString(started.Inputs.Span)).ShouldBe(("scheduled_manual", 3, """{"n":1}"""));
        started.Labels!["scheduled_at"].ShouldBe("2026-11-23T12:00:00Z");
        started.Labels["schedule_id"].ShouldBe(one[^36..]);

        api.Time.Advance(TimeSpan.FromSeconds(5));
        var again = await api.PostAsync(one + "/trigger", null, key: "k");
        again.Json["execution_id"]!.GetValue<Guid>().ShouldBe(execution);
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        var run = (await api.GetAsync(one + "/runs")).Json["runs"]!.AsArray().ShouldHaveSingleItem()!;
        (run["kind"]!.GetValue<string>(), run["status"]!.GetValue<string>(), run["execution_id"]!.GetValue<Guid>())
            .ShouldBe(("manual", "running", execution));
    }

    [Fact]
    public async Task Trigger_Refused_SaysWhy()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        api.Grains.NextStart = new StartResult { Status = StartStatus.WorkflowInactive };
        (await api.PostAsync(one + "/trigger", null)).ShouldBeProblem(409).ShouldContain("is not active");
        var run = (await api.GetAsync(one + "/runs")).Json["runs"]!.AsArray().ShouldHaveSingleItem()!;
        (run["status"]!.GetValue<string>(), run["reason"]!.GetValue<string>()).ShouldBe(("failed", "the workflow is not active"));
        run["execution_id"].ShouldBeNull();
    }

    [Fact]
    public async Task Trigger_ThatNobodyAnswers_LeavesARunThatTheSchedulerStartsAndARepetitionFinds()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        api.Grains.UnansweredStarts = 1000;
        (await ExecutionsApiTests.AdvanceUntilDoneAsync(api, api.PostAsync(one + "/trigger", null, key: "k"))).ShouldBeProblem(503);
        var run = (await api.GetAsync(one + "/runs")).Json["runs"]!.AsArray().ShouldHaveSingleItem()!;
        run["status"]!.GetValue<string>().ShouldBe("scheduled");
        api.Grains.UnansweredStarts = 0;
        var again = await api.PostAsync(one + "/trigger", null, key: "k");
        (again.Status, again.Json["execution_id"]!.GetValue<Guid>()).ShouldBe((201, run["execution_id"]!.GetValue<Guid>()));
        var now = (await api.GetAsync(one + "/runs")).Json["runs"]!.AsArray().ShouldHaveSingleItem()!;
        (now["status"]!.GetValue<string>(), now["scheduled_at"]!.GetValue<string>())
            .ShouldBe(("running", run["scheduled_at"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Runs_PageByCursorAndFilterByStatus()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        for (var hour = 0; hour < 5; hour++)
        {
            await RecordAsync(api, one, hour, hour == 2 ? RunStatus.Skipped : RunStatus.Completed);
        }

        var first = (await api.GetAsync(one + "/runs?limit=3")).Json;
        first["runs"]!.AsArray().Select(run => run!["scheduled_at"]!.GetValue<string>()).ShouldBe(
            ["2026-11-20T04:00:00Z", "2026-11-20T03:00:00Z", "2026-11-20T02:00:00Z"]);
        var rest = (await api.GetAsync(one + "/runs?limit=3&cursor=" + Uri.EscapeDataString(first["next_cursor"]!.GetValue<string>()))).Json;
        rest["runs"]!.AsArray().Count.ShouldBe(2);
        rest["next_cursor"].ShouldBeNull();
        var skipped = (await api.GetAsync(one + "/runs?status=skipped")).Json["runs"]!.AsArray().ShouldHaveSingleItem()!;
        skipped["reason"]!.GetValue<string>().ShouldBe("because");
        (await api.GetAsync(one + "/runs?status=odd")).ShouldBeProblem(400).ShouldContain("scheduled, running, completed, failed, skipped");
    }

    [Fact]
    public async Task Backfill_DryRun_CountsGapsAndStoresNothing()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        await RecordAsync(api, one, 1, RunStatus.Completed);
        await RecordAsync(api, one, 2, RunStatus.Skipped);
        var answer = await api.PostAsync(one + "/backfill", """{"from":"2026-11-20T00:00:00Z","to":"2026-11-20T04:00:00Z","dry_run":true}""");
        answer.ShouldBeJson(200, $$"""
            {"schedule_id":"{{one[^36..]}}","dry_run":true,"total":3,"passed":1,
            "gaps":["2026-11-20T00:00:00Z","2026-11-20T02:00:00Z","2026-11-20T03:00:00Z"]}
            """);
        (await api.GetAsync(one + "/backfills")).Json["backfills"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Backfill_IsStoredShownAndCancelled()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        const string Body = """{"from":"2026-11-20T00:00:00Z","to":"2026-11-21T00:00:00Z","max_parallel":2}""";
        var answer = await api.PostAsync(one + "/backfill", Body, key: "k");
        answer.Status.ShouldBe(202, answer.Text);
        var id = answer.Json["id"]!.GetValue<Guid>();
        answer.Headers["Location"].ShouldBe($"{one}/backfills/{id}");
        var again = await api.PostAsync(one + "/backfill", Body, key: "k");
        (again.Status, again.Json["id"]!.GetValue<Guid>(), again.Headers["Idempotency-Replayed"]).ShouldBe((202, id, "true"));
        (await api.PostAsync(one + "/backfill", Body.Replace("2}", "3}"), key: "k")).ShouldBeProblem(422);

        (await api.GetAsync($"{one}/backfills/{id}")).ShouldBeJson(200, $$"""
            {"id":"{{id}}","schedule_id":"{{one[^36..]}}","from":"2026-11-20T00:00:00Z","to":"2026-11-21T00:00:00Z","status":"running",
            "max_parallel":2,"priority":-7,"total":24,"started":0,"passed":0,"next_at":"2026-11-20T00:00:00Z",
            "created_at":"2026-11-23T12:00:00Z","completed_at":null,"created_by":null,"active":0,"completed":0,"failed":0}
            """);
        (await api.PostAsync($"{one}/backfills/{id}/cancel", null)).Json["status"]!.GetValue<string>().ShouldBe("cancelled");
        (await api.PostAsync($"{one}/backfills/{id}/cancel", null)).Json["status"]!.GetValue<string>().ShouldBe("cancelled");
        (await api.GetAsync(one + "/backfills")).Json["backfills"]!.AsArray().ShouldHaveSingleItem();
        (await api.GetAsync($"{one}/backfills/{Guid.NewGuid()}")).ShouldBeProblem(404);
    }

    [Theory]
    [InlineData("{}", "from: is missing")]
    [InlineData("""{"from":"2026-11-20","to":"2026-11-24"}""", "to: is 2026-11-24T00:00:00.0000000+00:00, which is not yet")]
    [InlineData("""{"from":"2026-11-20","to":"2026-11-20"}""", "which is not after from")]
    [InlineData("""{"from":"2026-11-20","to":"2026-11-21","max_parallel":0}""", "max_parallel: is 0; allowed are whole numbers from 1 to 1000")]
    public async Task Backfill_Mistake_IsNamed(string body, string message)
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        (await api.PostAsync(one + "/backfill", body)).ShouldBeProblem(400).ShouldContain(message);
    }

    [Fact]
    public async Task Backfill_FromBeforeWhatIsKept_IsRefusedUnlessItMayRepeat()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        const string Old = """{"from":"2026-11-01T00:00:00Z","to":"2026-11-21T00:00:00Z","dry_run":true}""";
        (await api.PostAsync(one + "/backfill", Old)).Status.ShouldBe(200, "nothing of a new schedule was deleted");
        api.Time.Advance(TimeSpan.FromDays(40));
        (await api.PostAsync(one + "/backfill", Old)).ShouldBeProblem(400)
            .ShouldContain("is known from 2026-12-03T12:00:00.0000000+00:00 on only (schedules.keep_runs_days); begin there");
        (await api.PostAsync(one + "/backfill", Old.Insert(1, "\"may_repeat\":true,"))).Status.ShouldBe(200);
        (await api.PostAsync(one + "/backfill", """{"from":"2026-12-03T12:00:00Z","to":"2026-12-04T00:00:00Z"}""")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Backfill_AtTheEdgeOfWhatIsKept_IsAcceptedSomeTimeLaterAndRepeated()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly);
        api.Time.Advance(TimeSpan.FromDays(40));
        (await api.PostAsync(one + "/backfill", """{"from":"2026-11-20T00:00:00Z","to":"2026-12-04T00:00:00Z"}""")).ShouldBeProblem(400)
            .ShouldContain("known from 2026-12-03T12:00:00.0000000+00:00 on");
        const string Edge = """{"from":"2026-12-03T12:00:00Z","to":"2026-12-04T00:00:00Z"}""";
        api.Time.Advance(TimeSpan.FromMinutes(5));
        var first = await api.PostAsync(one + "/backfill", Edge, key: "edge");
        first.Status.ShouldBe(202, first.Text);

        api.Time.Advance(TimeSpan.FromHours(5));
        var again = await api.PostAsync(one + "/backfill", Edge, key: "edge");
        (again.Status, again.Json["id"]!.GetValue<Guid>()).ShouldBe((202, first.Json["id"]!.GetValue<Guid>()));
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        (await api.PostAsync(one + "/backfill", Edge)).ShouldBeProblem(400);
    }

    [Fact]
    public async Task Trigger_RepeatedAfterItsRunWasSkipped_SaysThatNothingWasStarted()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, Hourly.Insert(1, "\"overlap\":\"cancel_old\","));
        api.Grains.UnansweredStarts = 1000;
        (await ExecutionsApiTests.AdvanceUntilDoneAsync(api, api.PostAsync(one + "/trigger", null, key: "k"))).ShouldBeProblem(503);
        var schedule = Guid.Parse(one[^36..]);
        var store = (ScheduleStore)api.Services.GetRequiredService<IScheduleStore>();
        var run = (await store.ListRunsAsync(schedule, null, null, 10, Ct)).ShouldHaveSingleItem();
        await store.SkipOlderAsync(run with { Tick = run.Tick.AddMinutes(1) }, api.Time.GetUtcNow(), Ct);

        api.Grains.UnansweredStarts = 0;
        var again = await api.PostAsync(one + "/trigger", null, key: "k");
        again.ShouldBeProblem(409).ShouldContain("was not started");
        again.Headers.ShouldNotContainKey("Location");
        api.Grains.Started.ShouldBeEmpty();
        (await api.PostAsync(one + "/trigger", null, key: "another")).Status.ShouldBe(201);
    }

    [Fact]
    public async Task Backfill_MoreTicksThanABackfillMayHave_IsRefused()
    {
        await using var api = await SchedulesApiTests.StartAsync();
        var one = await SchedulesApiTests.CreateAsync(api, """{"workflow":"nightly","interval_secs":1}""");
        (await api.PostAsync(one + "/backfill", """{"from":"2026-11-20","to":"2026-11-23"}""")).ShouldBeProblem(400)
            .ShouldContain("more than 100000 ticks");
    }

    private static Task<bool> RecordAsync(ApiHost api, string one, int hour, RunStatus status)
    {
        var tick = new DateTimeOffset(2026, 11, 20, hour, 0, 0, TimeSpan.Zero);
        return api.Services.GetRequiredService<IScheduleStore>().RecordRunAsync(
            new ScheduleRun
            {
                ScheduleId = Guid.Parse(one[^36..]), Tick = tick, Shard = 0, Status = status, CreatedAt = tick, CompletedAt = tick,
                ExecutionId = status is RunStatus.Skipped ? null : Guid.NewGuid(), Reason = status is RunStatus.Skipped ? "because" : null,
            },
            Ct);
    }
}
