using System.Text;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Triggers;

namespace Periplon.Tests.Api;

public sealed class HooksApiTests
{
    private const string Body = """{"ref":"main","n":1}""";

    [Fact]
    public async Task Deliver_SignedWell_StartsAnExecutionWithMappedInputs()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        var answer = await fixture.DeliverAsync(id, secret, Body);
        answer.Status.ShouldBe(202, answer.Text);
        var execution = answer.Json["execution_id"]!.GetValue<Guid>();
        answer.ShouldBeJson(202, $$"""
            {"status":"started","execution_id":"{{execution}}","message":"Execution {{execution}} was started"}
            """);
        var start = fixture.Api.Grains.Started[execution];
        (start.TriggerType, start.TriggeredBy, start.Organization).ShouldBe(("webhook", $"trigger:{id}", "default"));
        Encoding.UTF8.GetString(start.Inputs.Span).ShouldBe("""{"ref":"main"}""");
    }

    [Theory]
    [InlineData("periplon", "X-Periplon-Signature")]
    [InlineData("stripe", "Stripe-Signature")]
    [InlineData("github", "X-Hub-Signature-256")]
    [InlineData("slack", "X-Slack-Signature")]
    public async Task Deliver_EachScheme_ChecksItsOwnHeader(string word, string header)
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync(word);
        var time = fixture.Api.Time.GetUtcNow().ToUnixTimeSeconds();
        var prefix = word switch { "github" => "", "slack" => $"v0:{time}:", _ => $"{time}." };
        string Signed(string by)
        {
            var hex = Convert.ToHexStringLower(WebhookSignature.Sign(by, prefix, Encoding.UTF8.GetBytes(Body)));
            return word switch { "github" => "sha256=" + hex, "slack" => "v0=" + hex, _ => $"t={time},v1={hex}" };
        }

        var clock = ("X-Slack-Request-Timestamp", $"{time}");
        (await fixture.SendAsync(id, Body, "1", (header, Signed(secret)), clock)).Status.ShouldBe(202);
        (await fixture.SendAsync(id, Body, "2", (header, Signed("some other secret")), clock)).Status.ShouldBe(401);
        (await fixture.SendAsync(id, Body + " ", "3", (header, Signed(secret)), clock)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Deliver_UnknownTriggerAndBadSignature_AreAnsweredAlike()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        var good = await fixture.DeliverAsync(id, secret, Body);
        good.Status.ShouldBe(202);
        ApiAnswer[] refused =
        [
            await fixture.DeliverAsync(id, "whsec_wrong", Body),
            await fixture.DeliverAsync(Guid.NewGuid(), secret, Body),
            await fixture.SendAsync(id, Body, null),
            await fixture.DeliverAsync(id, secret, Body, fixture.Api.Time.GetUtcNow().AddSeconds(-301)),
            await fixture.Api.PostAsync("/api/v1/hooks/no-id", Body),
        ];
        foreach (var answer in refused)
        {
            answer.ShouldBeProblem(401).ShouldBe("The request is not signed as it must be");
            answer.Text.ShouldBe(refused[0].Text);
        }

        fixture.Api.Grains.Started.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Deliver_TheSameAgain_AnswersTheSameExecutionAndStartsNothing()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        var first = await fixture.DeliverAsync(id, secret, Body, key: "delivery-1");

        // The sender repeats with its id, signed anew; somebody else replays the signed message under an id of his own.
        fixture.Api.Time.Advance(TimeSpan.FromSeconds(20));
        var repeated = await fixture.DeliverAsync(id, secret, Body, key: "delivery-1");
        var replayed = await fixture.DeliverAsync(id, secret, Body, fixture.Api.Time.GetUtcNow().AddSeconds(-20), "delivery-2");
        foreach (var answer in new[] { repeated, replayed })
        {
            answer.Json["status"]!.GetValue<string>().ShouldBe("repeated");
            answer.Json["execution_id"]!.GetValue<Guid>().ShouldBe(first.Json["execution_id"]!.GetValue<Guid>());
        }

        fixture.Api.Grains.Started.Count.ShouldBe(1);
        (await fixture.DeliverAsync(id, secret, Body, key: "delivery-3")).Json["status"]!.GetValue<string>().ShouldBe("started");
        (await fixture.Api.GetAsync($"/api/v1/triggers/{id}/runs")).Json["runs"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Deliver_ManyAtOnce_StartOne()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fixture.DeliverAsync(id, secret, Body)));
        answers.ShouldAllBe(answer => answer.Status == 202);
        answers.Select(answer => answer.Json["execution_id"]!.GetValue<Guid>()).Distinct().ShouldHaveSingleItem();
        fixture.Api.Grains.Started.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Deliver_AfterARotation_BothSecretsCountUntilTheOldOneEnds()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, old) = await fixture.AddWebhookAsync();
        var rotated = await fixture.Api.PostAsync($"/api/v1/triggers/{id}/rotate", """{"keep_previous_secs":60}""");
        var secret = rotated.Json["secret"]!.GetValue<string>();
        secret.ShouldNotBe(old);
        (await fixture.DeliverAsync(id, old, Body, key: "1")).Status.ShouldBe(202);
        (await fixture.DeliverAsync(id, secret, Body, key: "2")).Status.ShouldBe(202);
        fixture.Api.Time.Advance(TimeSpan.FromSeconds(60));
        (await fixture.DeliverAsync(id, old, Body, key: "3")).Status.ShouldBe(401);
        (await fixture.DeliverAsync(id, secret, Body, key: "4")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Deliver_BodyTooLarge_Is413()
    {
        await using var fixture = await TriggerApiFixture.StartAsync(options => options.MaxBodyBytes = 1024);
        var (id, secret) = await fixture.AddWebhookAsync();
        (await fixture.DeliverAsync(id, secret, $"\"{new string('x', 1030)}\"")).ShouldBeProblem(413);
        (await fixture.DeliverAsync(Guid.NewGuid(), secret, $"\"{new string('x', 1030)}\"")).ShouldBeProblem(413);
        (await fixture.DeliverAsync(id, secret, $"\"{new string('x', 900)}\"")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Deliver_PausedTrigger_IsRefusedToThoseWhoMayKnow()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        await fixture.Api.PostAsync($"/api/v1/triggers/{id}/pause", null);
        (await fixture.DeliverAsync(id, secret, Body)).ShouldBeProblem(409).ShouldContain("is paused");
        (await fixture.DeliverAsync(id, "whsec_wrong", Body)).ShouldBeProblem(401);
        await fixture.Api.PostAsync($"/api/v1/triggers/{id}/resume", null);
        (await fixture.DeliverAsync(id, secret, Body)).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Deliver_WorkflowRefuses_SaysWhy_AndARedeliveryTriesAgain()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        fixture.Api.Grains.NextStart = new StartResult { Status = StartStatus.WorkflowInactive };
        (await fixture.DeliverAsync(id, secret, Body)).ShouldBeProblem(422).ShouldBe("The workflow 'nightly' is not active");
        var run = (await fixture.Api.GetAsync($"/api/v1/triggers/{id}/runs")).Json["runs"]![0]!;
        (run["status"]!.GetValue<string>(), run["execution_id"]).ShouldBe(("refused", null));

        fixture.Api.Grains.NextStart = null;
        (await fixture.DeliverAsync(id, secret, Body)).Json["status"]!.GetValue<string>().ShouldBe("started");
    }

    [Fact]
    public async Task Deliver_ClusterDoesNotAnswer_IsTriedAgain_AndThen503()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        var (id, secret) = await fixture.AddWebhookAsync();
        fixture.Api.Grains.UnansweredStarts = 2;
        (await fixture.AdvanceUntilDoneAsync(fixture.DeliverAsync(id, secret, Body, key: "1"))).Status.ShouldBe(202);
        fixture.Api.Grains.StartCalls.ShouldBe(3);
        fixture.Api.Grains.UnansweredStarts = 5;
        (await fixture.AdvanceUntilDoneAsync(fixture.DeliverAsync(id, secret, "{}", key: "2"))).ShouldBeProblem(503);
        (await fixture.DeliverAsync(id, secret, "{}", key: "2")).Json["status"]!.GetValue<string>().ShouldBe("started");
    }

    [Fact]
    public async Task Deliver_SignalTrigger_SignalsTheExecutionThatTheBodyNames()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        fixture.Api.AddExecution();
        var created = await fixture.Api.PostAsync(
            "/api/v1/triggers",
            """{"name":"done","kind":"webhook","signal":{"name":"deployed","execution":"body.execution","payload":"body.result"} }""");
        created.Status.ShouldBe(201, created.Text);
        var (id, secret) = (created.Json["id"]!.GetValue<Guid>(), created.Json["secret"]!.GetValue<string>());
        fixture.Api.Grains.NextSignal = SignalStatus.Kept;
        var answer = await fixture.DeliverAsync(
            id, secret, $$"""{"execution":"{{Samples.ExecutionId}}","result":{"ok":true} }""", key: "7");
        answer.ShouldBeJson(202, """{"status":"signalled","execution_id":null,"message":"1 execution was signalled"}""");
        var signal = fixture.Api.Grains.LastSignal.ShouldNotBeNull();
        (signal.Name, Encoding.UTF8.GetString(signal.Payload.Span), signal.Key).ShouldBe(
            ("deployed", """{"ok":true}""", $"trigger:{id}:delivery:7"));

        (await fixture.DeliverAsync(id, secret, """{"execution":"x"}""")).ShouldBeProblem(422).ShouldContain("leads to no execution id");
        (await fixture.DeliverAsync(id, secret, $$"""{"execution":"{{Guid.NewGuid()}}"}""")).ShouldBeProblem(422)
            .ShouldContain("no execution");
        fixture.Api.Grains.NextSignal = SignalStatus.AlreadyFinished;
        (await fixture.DeliverAsync(id, secret, $$"""{"execution":"{{Samples.ExecutionId}}"}""")).ShouldBeProblem(422)
            .ShouldContain("already finished");
    }

    [Fact]
    public async Task Deliver_SignalTriggerByLabel_AsksForLiveExecutionsWithTheLabel()
    {
        await using var fixture = await TriggerApiFixture.StartAsync();
        fixture.Api.AddExecution();
        var created = await fixture.Api.PostAsync(
            "/api/v1/triggers",
            """
            {"name":"paid","kind":"webhook",
             "signal":{"name":"paid","workflow":"nightly","label":"order","label_value":"body.order"} }
            """);
        created.Status.ShouldBe(201, created.Text);
        var (id, secret) = (created.Json["id"]!.GetValue<Guid>(), created.Json["secret"]!.GetValue<string>());
        (await fixture.DeliverAsync(id, secret, """{"order":17}""")).Json["status"]!.GetValue<string>().ShouldBe("signalled");
        var filter = fixture.Api.Stores.LastExecutionFilter.ShouldNotBeNull();
        (filter.WorkflowId, filter.Labels["order"], filter.Organization).ShouldBe((Samples.WorkflowId, "17", "default"));
        filter.Statuses.ShouldNotContain(status => status.IsTerminal());
        (await fixture.DeliverAsync(id, secret, """{"other":17}""")).ShouldBeProblem(422).ShouldContain("leads to no text");
    }
}
