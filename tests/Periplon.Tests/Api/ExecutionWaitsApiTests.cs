using System.Text;
using System.Text.Json.Nodes;
using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Tests.Api;

public sealed class ExecutionWaitsApiTests
{
    private static readonly string _one = $"/api/v1/executions/{Samples.ExecutionId:D}";

    [Theory]
    [InlineData(SignalStatus.Taken, 200, "taken")]
    [InlineData(SignalStatus.Kept, 202, "kept")]
    [InlineData(SignalStatus.Repeated, 200, "repeated")]
    public async Task Signal_Sent_SaysWhatBecameOfIt(SignalStatus status, int code, string word)
    {
        await using var api = await StartAsync();
        api.Grains.NextSignal = status;
        var answer = await api.PostAsync(_one + "/signal", """{"name":"go","payload":{"n":[1]}}""", key: "k-1");
        answer.Status.ShouldBe(code, answer.Text);
        answer.Json["status"]!.GetValue<string>().ShouldBe(word);
        answer.Json["message"]!.GetValue<string>().ShouldStartWith("Signal 'go'");
        var sent = api.Grains.LastSignal!;
        (sent.Name, sent.Key, sent.IsWebhook, sent.Organization).ShouldBe(("go", "k-1", false, "default"));
        Encoding.UTF8.GetString(sent.Payload.Span).ShouldBe("""{"n":[1]}""");
    }

    [Fact]
    public async Task Signal_WithoutKeyAndPayload_GetsAKeyOfItsOwn()
    {
        await using var api = await StartAsync();
        (await api.PostAsync(_one + "/signal", """{"name":"go"}""")).Status.ShouldBe(200);
        var first = api.Grains.LastSignal!;
        first.Payload.IsEmpty.ShouldBeTrue();
        (await api.PostAsync(_one + "/signal", """{"name":"go"}""")).Status.ShouldBe(200);
        api.Grains.LastSignal!.Key.ShouldNotBe(first.Key);
    }

    [Theory]
    [InlineData("""{"payload":1}""", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"a","data":1}""", "allowed are name, payload")]
    [InlineData("""{"name":"a","payload":"\ud800"}""", "surrogate")]
    [InlineData("[]", "JSON object")]
    public async Task Signal_WrongBody_NamesTheMistake(string body, string expected)
    {
        await using var api = await StartAsync();
        var answer = await api.PostAsync(_one + "/signal", body);
        answer.ShouldBeProblem(400);
        answer.Text.ShouldContain(expected);
        api.Grains.LastSignal.ShouldBeNull();
    }

    [Theory]
    [InlineData("application/json", """{"a":1}""", """{"a":1}""")]
    [InlineData("application/x-www-form-urlencoded", "a=1", "\"a=1\"")]
    [InlineData("text/plain", "17", "17")]
    [InlineData(null, "", "")]
    public async Task Webhook_AnyBody_BecomesThePayload(string? type, string body, string expected)
    {
        await using var api = await StartAsync();
        (await api.PostAsync(_one + "/webhooks/my%20hook", body, type)).Status.ShouldBe(200);
        var sent = api.Grains.LastSignal!;
        (sent.Name, sent.IsWebhook).ShouldBe(("my hook", true));
        Encoding.UTF8.GetString(sent.Payload.Span).ShouldBe(expected);
    }

    [Fact]
    public async Task Signal_EndedExecution_Conflicts()
    {
        await using var api = await StartAsync();
        api.Grains.NextSignal = SignalStatus.AlreadyFinished;
        (await api.PostAsync(_one + "/signal", """{"name":"go"}""")).ShouldBeProblem(409).ShouldContain("already finished");
        (await api.PostAsync(_one + "/webhooks/go", null)).ShouldBeProblem(409);
    }

    [Theory]
    [InlineData("approve", "approved")]
    [InlineData("reject", "rejected")]
    public async Task Decide_Body_ReachesTheExecution(string route, string word)
    {
        await using var api = await StartAsync();
        (await api.PostAsync($"{_one}/{route}", """{"task":"ok","comment":"fine"}""")).ShouldBeJson(
            200, $$"""{"id":"{{Samples.ExecutionId:D}}","task":"ok","decision":"{{word}}","message":"Task 'ok' is {{word}}"}""");
        var decision = api.Grains.LastDecision!;
        (decision.Task, decision.Comment, decision.Approved).ShouldBe(("ok", "fine", word == "approved"));
        (await api.PostAsync($"{_one}/{route}", null)).Status.ShouldBe(200);
        api.Grains.LastDecision!.Task.ShouldBeNull();
    }

    [Fact]
    public async Task Decide_CannotBeMade_SaysWhy()
    {
        await using var api = await StartAsync();
        api.Grains.NextDecision = new DecisionResult(DecisionStatus.Ambiguous, Waiting: ["x", "y"]);
        var several = await api.PostAsync(_one + "/approve", null);
        several.ShouldBeProblem(409).ShouldContain("x, y");
        several.Json["errors"]!.AsArray().Count.ShouldBe(2);

        api.Grains.NextDecision = new DecisionResult(DecisionStatus.NoneWaits, "z", ["x"]);
        (await api.PostAsync(_one + "/approve", """{"task":"z"}""")).ShouldBeProblem(409).ShouldContain("'z'");

        api.Grains.NextDecision = new DecisionResult(DecisionStatus.NoneWaits, Waiting: []);
        (await api.PostAsync(_one + "/reject", null)).ShouldBeProblem(409).ShouldContain("No task");

        api.Grains.NextDecision = new DecisionResult(DecisionStatus.NotAllowed, "ok", Approvers: ["bob"]);
        (await api.PostAsync(_one + "/approve", null)).ShouldBeProblem(403).ShouldContain("bob");

        api.Grains.NextDecision = new DecisionResult(DecisionStatus.AlreadyFinished);
        (await api.PostAsync(_one + "/approve", null)).ShouldBeProblem(409).ShouldContain("already finished");

        (await api.PostAsync(_one + "/approve", $$"""{"comment":"{{new string('x', 4097)}}"}""")).ShouldBeProblem(400).ShouldContain("4097");
    }

    [Fact]
    public async Task Approvals_WaitingOnes_AreListed()
    {
        await using var api = await StartAsync();
        api.Grains.SetView(Samples.ExecutionId, view => view with
        {
            Approvals = [new ApprovalView { Task = "ok", Message = "Go?", Approvers = ["bob"], Since = api.Time.GetUtcNow(), Default = "reject" }],
        });
        var listed = (await api.GetAsync(_one + "/approvals")).Json["approvals"]!.AsArray().ShouldHaveSingleItem()!;
        JsonNode.DeepEquals(listed, JsonNode.Parse(
            """
            {"task":"ok","message":"Go?","approvers":["bob"],"since":"2026-11-23T12:00:00Z","ends_at":null,"default":"reject"}
            """)).ShouldBeTrue(listed.ToJsonString());
    }

    private static async Task<ApiHost> StartAsync()
    {
        var api = await ApiHost.StartAsync();
        api.AddExecution();
        return api;
    }
}
