using System.Text.Json.Nodes;

namespace Periplon.Tests.Api;

public sealed class TriggersApiTests
{
    private const string Route = "/api/v1/triggers";

    private const string Webhook = """
        {"name":"push","kind":"webhook","workflow":"nightly","description":"On each push","priority":2,"labels":{"from":"github"},
         "inputs":{"ref":"body.ref","kind":{"value":"push"},"tag":{"path":"headers.x-tag","default":"none"} },
         "signature":{"scheme":"github"} }
        """;

    [Fact]
    public async Task Create_ThenGet_ShowsEverythingButTheSecret()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var created = await fixture.Api.PostAsync(Route, Webhook);
        created.Status.ShouldBe(201, created.Text);
        var id = created.Json["id"]!.GetValue<Guid>();
        created.Headers["Location"].ShouldBe($"{Route}/{id}");
        created.Json["secret"]!.GetValue<string>().Length.ShouldBe("whsec_".Length + 64);

        var shown = await fixture.Api.GetAsync($"{Route}/{id}");
        shown.Text.ShouldNotContain("whsec_");
        shown.ShouldBeJson(200, $$"""
            {"id":"{{id}}","name":"push","kind":"webhook","description":"On each push","is_paused":false,"revision":1,
             "workflow_id":"{{Samples.WorkflowId}}","workflow_name":"nightly",
             "inputs":{"ref":"body.ref","kind":{"value":"push"},"tag":{"path":"headers.x-tag","default":"none"} },
             "labels":{"from":"github"},"priority":2,"signature":{"scheme":"github","tolerance_secs":null},
             "hook_path":"/api/v1/hooks/{{id}}","secret_set_at":"2026-11-23T12:00:00Z","created_at":"2026-11-23T12:00:00Z",
             "updated_at":"2026-11-23T12:00:00Z","created_by":null}
            """);
        (await fixture.Api.GetAsync(Route)).Text.ShouldNotContain("whsec_");
    }

    [Fact]
    public async Task Create_WithTheSendersSecret_KeepsIt()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var body = Webhook.TrimEnd()[..^1] + """, "secret":"given by the sender"}""";
        (await fixture.Api.PostAsync(Route, body)).Json["secret"]!.GetValue<string>().ShouldBe("given by the sender");
    }

    [Fact]
    public async Task Create_SameKey_AnswersTheSameTriggerWithoutItsSecret()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var first = await fixture.Api.PostAsync(Route, Webhook, key: "k");
        var again = await fixture.Api.PostAsync(Route, Webhook, key: "k");
        again.Status.ShouldBe(201, again.Text);
        (again.Json["id"]!.GetValue<Guid>(), again.Json["secret"]).ShouldBe((first.Json["id"]!.GetValue<Guid>(), null));
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        (await fixture.Api.PostAsync(Route, Webhook.Replace("\"push\",\"kind\"", "\"pull\",\"kind\""), key: "k")).ShouldBeProblem(422);
        (await fixture.Api.PostAsync(Route, Webhook)).ShouldBeProblem(409).ShouldContain("a trigger named 'push' already");
    }

    [Theory]
    [InlineData("{}", "name: must have")]
    [InlineData("""{"name":"a"}""", "kind: is missing")]
    [InlineData("""{"name":"a","kind":"cron"}""", "one of webhook, completion")]
    [InlineData("""{"name":"a","kind":"webhook"}""", "either the workflow that is started or signal")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"none"}""", "no workflow named 'none'")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","inputs":{"a":"bdy.x"}}""", "begins with 'bdy'")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","inputs":{"a":"body.x[y]"}}""", "is no index")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","inputs":{"a":7}}""", "inputs.a: must be a path")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","inputs":{"a":{"path":"body","value":1}}}""", "either path")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","inputs":{"a":{"value":null}}}""", "must not be null")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","signature":{"scheme":"none"}}""", "periplon, github, stripe, slack")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","signature":{"tolerance_secs":0}}""", "from 1 to 3600")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","secret":"short"}""", "16 to 512")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","after":{}}""", "after: belongs to")]
    [InlineData("""{"name":"a","kind":"webhook","workflow":"nightly","secrets":"x"}""", "secrets: is not known")]
    [InlineData("""{"name":"a","kind":"webhook","signal":{"name":"x"}}""", "give either execution, or workflow with label")]
    [InlineData("""{"name":"a","kind":"webhook","signal":{"execution":"body.id"}}""", "signal.name")]
    [InlineData("""{"name":"a","kind":"completion","workflow":"nightly"}""", "after: is missing")]
    [InlineData("""{"name":"a","kind":"completion","workflow":"nightly","after":{"workflow":"nightly"}}""", "would start it again")]
    [InlineData(
        """{"name":"a","kind":"completion","workflow":"nightly","after":{"workflow":"other","statuses":["running"]}}""", "no final status")]
    [InlineData("""{"name":"a","kind":"completion","after":{"workflow":"other"}}""", "workflow: is missing")]
    [InlineData(
        """{"name":"a","kind":"completion","workflow":"nightly","after":{"workflow":"other"},"secret":"x"}""", "secret: belongs to")]
    public async Task Create_WrongBody_SaysWhat(string body, string expected)
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        AddOther(fixture);
        (await fixture.Api.PostAsync(Route, body)).ShouldBeProblem(400).ShouldContain(expected);
        (await fixture.Api.GetAsync(Route)).Json["triggers"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Completion_CreatePauseResumeUpdateDelete()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var other = AddOther(fixture);
        var created = await fixture.Api.PostAsync(Route, """
            {"name":"after","kind":"completion","workflow":"nightly","inputs":{"n":"outputs.n"},
             "after":{"workflow":"other","statuses":["completed","failed"],"labels":{"env":"prod"} } }
            """);
        created.Status.ShouldBe(201, created.Text);
        var one = $"{Route}/{created.Json["id"]}";
        created.Json["secret"].ShouldBeNull();
        JsonNode.DeepEquals(created.Json["after"], JsonNode.Parse(
            $$"""{"workflow_id":"{{other}}","workflow":null,"statuses":["completed","failed"],"labels":{"env":"prod"} }"""))
            .ShouldBeTrue(created.Text);

        (await fixture.Api.PostAsync($"{one}/pause", null)).Json["is_paused"]!.GetValue<bool>().ShouldBeTrue();
        (await fixture.Api.PostAsync($"{one}/pause", null)).Json["revision"]!.GetValue<int>().ShouldBe(2);
        (await fixture.Api.PostAsync($"{one}/resume", null)).Json["is_paused"]!.GetValue<bool>().ShouldBeFalse();
        (await fixture.Api.PostAsync($"{one}/rotate", null)).ShouldBeProblem(409).ShouldContain("no secret");

        const string Change = """{"name":"later","workflow":"nightly","after":{"workflow":"other"} }""";
        var changed = await fixture.Api.SendAsync(HttpMethod.Put, one, Change);
        changed.Status.ShouldBe(200, changed.Text);
        (changed.Json["name"]!.GetValue<string>(), changed.Json["inputs"]).ShouldBe(("later", null));
        changed.Json["revision"]!.GetValue<int>().ShouldBe(4);
        (await fixture.Api.SendAsync(HttpMethod.Put, one, """{"name":"x","kind":"webhook"}""")).ShouldBeProblem(400)
            .ShouldContain("cannot be changed");

        (await fixture.Api.SendAsync(HttpMethod.Delete, one, null)).Status.ShouldBe(204);
        (await fixture.Api.GetAsync(one)).ShouldBeProblem(404);
        (await fixture.Api.SendAsync(HttpMethod.Delete, one, null)).ShouldBeProblem(404);
    }

    [Fact]
    public async Task List_Pages()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await fixture.AddWebhookAsync();
        }

        var names = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await fixture.Api.GetAsync($"{Route}?limit=2&kind=webhook" + (cursor is null ? "" : $"&cursor={cursor}"))).Json;
            names.AddRange(page["triggers"]!.AsArray().Select(each => each!["name"]!.GetValue<string>()));
            cursor = page["next_cursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        names.Count.ShouldBe(5);
        names.ShouldBeInOrder();
        (await fixture.Api.GetAsync($"{Route}?cursor=!&kind=x&limit=0")).ShouldBeProblem(400).ShouldContain("is not a cursor");
    }

    private static Guid AddOther(TriggerApiFixture fixture)
    {
        var other = Guid.Parse("018f0000-0000-7000-8000-000000000002");
        fixture.Api.Stores.Workflows.Add(Samples.Workflow(other, fixture.Api.Time) with { Name = "other" });
        return other;
    }
}
