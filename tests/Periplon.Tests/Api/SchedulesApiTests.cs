using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using Periplon.Client.Schedules;
using Periplon.Engine.Schedules;

namespace Periplon.Tests.Api;

public sealed class SchedulesApiTests
{
    private const string Route = "/api/v1/schedules";

    private static readonly string _body = $$"""{"workflow_id":"{{Samples.WorkflowId}}","cron_expression":"0 3 * * *"}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_EveryField_IsShownAsItWasGiven()
    {
        await using var api = await StartAsync();
        var answer = await api.PostAsync(Route, """
            {"workflow":"nightly","name":"backup","cron_expression":" 30 2 * * * ","timezone":"Europe/Berlin","input_params":{"n": 1},
            "description":"Each night","overlap":"queue","missed":"all","missed_window_secs":7200,"jitter_secs":0,"priority":-2,
            "start_at":"2026-11-24T00:00:00.5Z","end_at":"2027-01-01T00:00:00+01:00","is_active":true}
            """);
        var id = answer.Json["id"]!.GetValue<Guid>();
        answer.ShouldBeJson(201, $$"""
            {"id":"{{id}}","workflow_id":"{{Samples.WorkflowId}}","message":"Schedule created","next_run_at":"2026-11-24T01:30:00Z"}
            """);
        answer.Headers["Location"].ShouldBe($"{Route}/{id}");
        (await api.GetAsync($"{Route}/{id}")).ShouldBeJson(200, $$"""
            {"id":"{{id}}","name":"backup","workflow_id":"{{Samples.WorkflowId}}","cron_expression":"30 2 * * *","interval_secs":null,
            "timezone":"Europe/Berlin","is_active":true,"input_params":{"n":1},"description":"Each night","overlap":"queue","missed":"all",
            "missed_window_secs":7200,"jitter_secs":0,"start_at":"2026-11-24T00:00:00Z","end_at":"2026-12-31T23:00:00Z","priority":-2,
            "revision":1,"created_at":"2026-11-23T12:00:00Z","updated_at":"2026-11-23T12:00:00Z","created_by":null,"last_run_at":null,
            "next_run_at":"2026-11-24T01:30:00Z","consecutive_failures":0,"last_error":null}
            """);
        api.Grains.Factory.Received().GetGrain<ISchedulerGrain>(Arg.Any<string>());
    }

    [Theory]
    [InlineData("""{"cron_expression":"* 25 * * *"}""", "cron_expression", "the field 'hour' is '25'; allowed are 0-23")]
    [InlineData("""{"cron_expression":"0 0 31 2 *"}""", "cron_expression", "'0 0 31 2 *' never comes")]
    [InlineData("""{}""", "cron_expression", "is missing; give it, such as '0 3 * * *', or interval_secs")]
    [InlineData("""{"cron_expression":"* * * * *","interval_secs":5}""", "interval_secs", "cannot be given together with cron_expression")]
    [InlineData("""{"interval_secs":0}""", "interval_secs", "is 0; allowed are whole numbers from 1 to 31622400")]
    [InlineData("""{"interval_secs":9,"timezone":"Europe/Berln"}""", "timezone", "'Europe/Berln' is no time zone; did you mean 'Europe/Berlin'?")]
    [InlineData("""{"interval_secs":9,"overlap":"never"}""", "overlap", "it must be one of allow, skip, queue, cancel_old")]
    [InlineData("""{"interval_secs":9,"missed":"some"}""", "missed", "it must be one of skip, last, all")]
    [InlineData("""{"interval_secs":9,"missed_window_secs":0}""", "missed_window_secs", "allowed are whole numbers from 1")]
    [InlineData("""{"interval_secs":9,"jitter_secs":-1}""", "jitter_secs", "allowed are whole numbers from 0 to 86400")]
    [InlineData("""{"interval_secs":9,"input_params":[1]}""", "input_params", "must be a JSON object")]
    [InlineData("""{"interval_secs":9,"start_at":"soon"}""", "start_at", "'soon' is not a time")]
    [InlineData("""{"interval_secs":9,"start_at":"2027-01-02","end_at":"2027-01-01"}""", "end_at", "is not after start_at")]
    [InlineData("""{"interval_secs":9,"end_at":"2020-01-01"}""", "end_at", "until then nothing comes any more")]
    [InlineData("""{"interval_secs":9,"start_at":"0001-01-01T00:00:00Z"}""", "start_at", "allowed are times from 1970-01-01T00:00:00")]
    [InlineData("""{"interval_secs":9,"crn":1}""", "crn", "is not known; allowed are name, workflow_id,")]
    public async Task Create_Mistake_NamesFieldFoundAndAllowed(string fields, string path, string message)
    {
        await using var api = await StartAsync();
        var body = fields.Insert(1, $"\"workflow_id\":\"{Samples.WorkflowId}\"{(fields == "{}" ? "" : ",")}");
        var answer = await api.PostAsync(Route, body);
        answer.ShouldBeProblem(400);
        var error = answer.Json["errors"]!.AsArray().ShouldHaveSingleItem()!;
        error["path"]!.GetValue<string>().ShouldBe(path);
        error["message"]!.GetValue<string>().ShouldContain(message);
        (await api.GetAsync(Route)).Json["total"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task Create_WorkflowThatIsNone_IsNotFound()
    {
        await using var api = await StartAsync();
        (await api.PostAsync(Route, """{"workflow":"none","interval_secs":9}""")).ShouldBeProblem(404);
        (await api.PostAsync(Route, $$"""{"workflow_id":"{{Guid.NewGuid()}}","interval_secs":9}""")).ShouldBeProblem(404);
        (await api.PostAsync(Route, """{"interval_secs":9}""")).ShouldBeProblem(400).ShouldContain("give either workflow_id or workflow");
    }

    [Fact]
    public async Task Create_SameKeyAgain_IsTheSameScheduleAndAnotherBodyIsRefused()
    {
        await using var api = await StartAsync();
        var first = await api.PostAsync(Route, _body, key: "k1");
        api.Time.Advance(TimeSpan.FromMinutes(5));
        var again = await api.PostAsync(Route, _body, key: "k1");
        again.Status.ShouldBe(201);
        again.Json["id"]!.GetValue<Guid>().ShouldBe(first.Json["id"]!.GetValue<Guid>());
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        (await api.PostAsync(Route, _body.Replace("0 3", "0 4"), key: "k1")).ShouldBeProblem(422);
        (await api.GetAsync(Route)).Json["total"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task Create_NameInUse_IsAConflict()
    {
        await using var api = await StartAsync();
        var named = _body.Insert(1, "\"name\":\"a\",");
        (await api.PostAsync(Route, named)).Status.ShouldBe(201);
        (await api.PostAsync(Route, named)).ShouldBeProblem(409).ShouldContain("'a' is in use");
    }

    [Fact]
    public async Task Update_ChangesWhatIsGiven_AndEmptyTextsTakeAway()
    {
        await using var api = await StartAsync();
        var one = await CreateAsync(api, """{"workflow":"nightly","name":"a","description":"b","cron_expression":"0 3 * * *"}""");
        api.Time.Advance(TimeSpan.FromHours(1));
        var answer = await api.SendAsync(HttpMethod.Put, one, """{"interval_secs":600,"description":"","start_at":"2026-11-23T13:05:00Z"}""");
        answer.Status.ShouldBe(200, answer.Text);
        answer.Json["next_run_at"]!.GetValue<string>().ShouldBe("2026-11-23T13:05:00Z");
        var shown = (await api.GetAsync(one)).Json;
        shown["cron_expression"].ShouldBeNull();
        shown["description"].ShouldBeNull();
        (shown["name"]!.GetValue<string>(), shown["revision"]!.GetValue<int>()).ShouldBe(("a", 2));

        (await api.SendAsync(HttpMethod.Put, one, """{"is_active":false}""")).Json["next_run_at"].ShouldBeNull();
        (await api.SendAsync(HttpMethod.Put, one, """{"workflow":"other"}""")).ShouldBeProblem(400).ShouldContain("cannot be changed");
        (await api.SendAsync(HttpMethod.Put, $"{Route}/{Guid.NewGuid()}", "{}")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task Update_OfTextsAlone_LeavesATickThatIsDue()
    {
        await using var api = await StartAsync();
        var one = await CreateAsync(api, """{"workflow":"nightly","interval_secs":60}""");
        api.Time.Advance(TimeSpan.FromMinutes(10));
        (await api.SendAsync(HttpMethod.Put, one, """{"description":"x"}""")).Json["next_run_at"]!.GetValue<string>()
            .ShouldBe("2026-11-23T12:01:00Z");
    }

    [Fact]
    public async Task Change_OfATickThatWaitsForItsJitter_KeepsItOrRecordsIt()
    {
        await using var api = await StartAsync();
        var one = await CreateAsync(api, """{"workflow":"nightly","cron_expression":"0 * * * *","jitter_secs":3599}""");
        var store = api.Services.GetRequiredService<IScheduleStore>();
        async Task<DateTimeOffset?> NextTickAsync() =>
            (await store.FindAsync("default", Guid.Parse(one[^36..]), Ct)).ShouldNotBeNull().NextTick;
        var tick = new DateTimeOffset(2026, 11, 23, 13, 0, 0, TimeSpan.Zero);
        (await NextTickAsync()).ShouldBe(tick);
        api.Time.Advance(TimeSpan.FromSeconds(3601));
        (await api.SendAsync(HttpMethod.Put, one, """{"jitter_secs":3000,"end_at":"2027-01-01T00:00:00Z"}""")).Status.ShouldBe(200);
        (await NextTickAsync()).ShouldBe(tick, "the new times have it, too");
        (await api.GetAsync(one + "/runs")).Json["runs"]!.AsArray().ShouldBeEmpty();

        (await api.PostAsync(one + "/pause", null)).Status.ShouldBe(200);
        (await api.PostAsync(one + "/resume", null)).Status.ShouldBe(200);
        (await NextTickAsync()).ShouldBe(tick.AddHours(1));
        var run = (await api.GetAsync(one + "/runs")).Json["runs"]!.AsArray().ShouldHaveSingleItem()!;
        (run["scheduled_at"]!.GetValue<string>(), run["status"]!.GetValue<string>(), run["reason"]!.GetValue<string>())
            .ShouldBe(("2026-11-23T13:00:00Z", "skipped", "the schedule was paused before it fired"));
    }

    [Fact]
    public async Task PauseAndResume_LeaveOutTheTicksInBetween()
    {
        await using var api = await StartAsync();
        var one = await CreateAsync(api, """{"workflow":"nightly","interval_secs":60}""");
        var paused = await api.PostAsync(one + "/pause", null);
        (paused.Status, paused.Json["is_active"]!.GetValue<bool>()).ShouldBe((200, false));
        paused.Json["next_run_at"].ShouldBeNull();
        (await api.PostAsync(one + "/pause", null)).Json["message"]!.GetValue<string>().ShouldBe("Schedule is paused already");
        api.Time.Advance(TimeSpan.FromMinutes(10.5));
        (await api.PostAsync(one + "/resume", null)).Json["next_run_at"]!.GetValue<string>().ShouldBe("2026-11-23T12:11:00Z");

        await api.SendAsync(HttpMethod.Put, one, """{"end_at":"2026-11-23T12:15:00Z","is_active":false}""");
        api.Time.Advance(TimeSpan.FromMinutes(10));
        (await api.PostAsync(one + "/resume", null)).ShouldBeProblem(409).ShouldContain("no tick any more");
    }

    [Fact]
    public async Task List_FiltersAndPages()
    {
        await using var api = await StartAsync();
        var first = await CreateAsync(api, """{"workflow":"nightly","interval_secs":60,"name":"one"}""");
        api.Time.Advance(TimeSpan.FromSeconds(1));
        await CreateAsync(api, """{"workflow":"nightly","interval_secs":60,"is_active":false}""");
        var page = (await api.GetAsync(Route + "?limit=1&offset=1")).Json;
        (page["total"]!.GetValue<int>(), page["limit"]!.GetValue<int>(), page["offset"]!.GetValue<int>()).ShouldBe((2, 1, 1));
        first.ShouldEndWith(page["schedules"]!.AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>());
        (await api.GetAsync(Route + "?is_active=false")).Json["total"]!.GetValue<int>().ShouldBe(1);
        (await api.GetAsync(Route + "?name=one")).Json["total"]!.GetValue<int>().ShouldBe(1);
        (await api.GetAsync(Route + $"?workflow_id={Guid.NewGuid()}")).Json["total"]!.GetValue<int>().ShouldBe(0);
        (await api.GetAsync(Route + "?limit=0")).ShouldBeProblem(400);
    }

    [Fact]
    public async Task Delete_IsGone()
    {
        await using var api = await StartAsync();
        var one = await CreateAsync(api, _body);
        (await api.SendAsync(HttpMethod.Delete, one, null)).Status.ShouldBe(204);
        (await api.GetAsync(one)).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, one, null)).ShouldBeProblem(404);
        (await api.GetAsync(Route + "/nonsense")).ShouldBeProblem(400);
    }

    [Fact]
    public async Task EveryRoute_OfAnotherOrganizationsSchedule_IsNotFound()
    {
        await using var api = await StartAsync();
        var id = Guid.NewGuid();
        var now = api.Time.GetUtcNow();
        await api.Services.GetRequiredService<IScheduleStore>().InsertAsync(
            new ScheduleRow
            {
                Id = id, Organization = "elsewhere", Shard = 0, Revision = 1, WorkflowId = Samples.WorkflowId, IntervalSecs = 60, CreatedAt = now,
                UpdatedAt = now, NextTick = now, NextFireAt = now,
            },
            Ct);
        foreach (var (method, path, body) in new[]
        {
            ("GET", "", null), ("PUT", "", "{}"), ("DELETE", "", null), ("POST", "/pause", null), ("POST", "/resume", null),
            ("POST", "/trigger", null), ("GET", "/next", null), ("GET", "/runs", null), ("POST", "/backfill", "{}"), ("GET", "/backfills", null),
            ("GET", $"/backfills/{id}", null), ("POST", $"/backfills/{id}/cancel", null),
        })
        {
            (await api.SendAsync(new HttpMethod(method), $"{Route}/{id}{path}", body)).ShouldBeProblem(404);
        }

        (await api.GetAsync(Route)).Json["total"]!.GetValue<int>().ShouldBe(0);
    }

    internal static async Task<ApiHost> StartAsync()
    {
        var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        return api;
    }

    internal static async Task<string> CreateAsync(ApiHost api, string body)
    {
        var answer = await api.PostAsync(Route, body);
        answer.Status.ShouldBe(201, answer.Text);
        return answer.Headers["Location"];
    }
}
