using System.Text;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Signals and decisions, as the API's callers send them.</summary>
public sealed class ExecutionWaitsTests(SiloWithoutWorker silo) : IClassFixture<SiloWithoutWorker>
{
    private const string Head = "inputs: {who: {type: string, default: Ada}}";

    private readonly EngineCluster _cluster = silo.Cluster;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signal_TaskWaits_IsTakenOnceAlsoWhenItIsSentAgain()
    {
        var id = await RunAsync("w: {wait_for: {signal: go}}", "v: {depends_on: [w], wait_for: {signal: go}}");
        (await SignalAsync(id, "go", "k1", """{"n":1}""")).ShouldBe(SignalStatus.Taken);
        (await SignalAsync(id, "go", "k1", """{"n":1}""")).ShouldBe(SignalStatus.Repeated);
        (await _cluster.ViewAsync(id)).Tasks[0].Status.ShouldBe("completed");
        (await SignalAsync(id, "go", "k2")).ShouldBe(SignalStatus.Taken);
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
        (await SignalAsync(id, "go", "k3")).ShouldBe(SignalStatus.AlreadyFinished);
    }

    [Fact]
    public async Task Signal_NobodyWaits_IsKeptAcrossActivations()
    {
        var id = await RunAsync("w: {wait_for: {signal: first}}", "v: {depends_on: [w], wait_for: {webhook: hook}}");
        (await SignalAsync(id, "hook", "k1", "\"body\"", isWebhook: true)).ShouldBe(SignalStatus.Kept);
        await _cluster.DeactivateAsync(_cluster.Execution(id));
        (await SignalAsync(id, "hook", "k2")).ShouldBe(SignalStatus.Kept, "a signal is no webhook");
        (await SignalAsync(id, "first", "k3")).ShouldBe(SignalStatus.Taken);
        (await _cluster.EndAsync(id)).Tasks[1].Output.ShouldNotBeNull().ShouldContain("body");
    }

    [Fact]
    public async Task Signal_OfAnotherOrganizationOrNoExecution_IsNotFound()
    {
        var id = await RunAsync("w: {wait_for: {signal: go}}");
        var request = new SignalRequest { Organization = "other", Name = "go", Key = "k" };
        (await _cluster.Execution(id).SignalAsync(request, Ct)).ShouldBe(SignalStatus.NotFound);
        (await _cluster.Execution(Guid.CreateVersion7()).SignalAsync(request, Ct)).ShouldBe(SignalStatus.NotFound);
        (await _cluster.Execution(id).DecideAsync(new DecisionRequest { Organization = "other", Approved = true }, Ct)).Status
            .ShouldBe(DecisionStatus.NotFound);
    }

    [Fact]
    public async Task Decide_OneApprovalWaits_NeedsNoNameAndMayBeRepeated()
    {
        var id = await RunAsync("ok: {approval: {message: 'Let ${input.who} in?', approvers: [Bob], timeout_secs: 600, default: reject}}");
        var approval = (await _cluster.ViewAsync(id)).Approvals.ShouldHaveSingleItem();
        (approval.Task, approval.Message, approval.Default).ShouldBe(("ok", "Let Ada in?", "reject"));
        approval.EndsAt.ShouldBe(approval.Since.AddSeconds(600));

        var refused = await DecideAsync(id, null, true, "eve");
        (refused.Status, refused.Approvers.ShouldNotBeNull().ShouldHaveSingleItem()).ShouldBe((DecisionStatus.NotAllowed, "Bob"));
        (await DecideAsync(id, null, true, "bob")).ShouldBe(new DecisionResult(DecisionStatus.Decided, "ok"));
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
        (await DecideAsync(id, "ok", true, "bob")).Status.ShouldBe(DecisionStatus.Decided, "the answer may have been lost");
        (await DecideAsync(id, "ok", false, "bob")).Status.ShouldBe(DecisionStatus.AlreadyFinished);
        (await _cluster.EventsAsync(id)).OfType<ApprovalDecided>().ShouldHaveSingleItem().By.ShouldBe("bob");
    }

    [Fact]
    public async Task Decide_SeveralWait_NeedsAName()
    {
        var id = await RunAsync("x: {approval: {}}", "y: {approval: {}}");
        var unclear = await DecideAsync(id, null, true, null);
        unclear.Status.ShouldBe(DecisionStatus.Ambiguous);
        unclear.Waiting.ShouldBe(["x", "y"]);
        (await DecideAsync(id, "z", true, null)).Status.ShouldBe(DecisionStatus.NoneWaits);
        (await DecideAsync(id, "x", false, null)).Status.ShouldBe(DecisionStatus.Decided);
        (await DecideAsync(id, null, true, null)).Task.ShouldBe("y");
        var ended = await _cluster.EndAsync(id);
        ended.Status.ShouldBe("failed");
        ended.Tasks[0].ErrorKind.ShouldBe("rejected");
    }

    private async Task<Guid> RunAsync(params string[] tasks)
    {
        var text = $"name: n{Guid.NewGuid():N}\nversion: 1.0.0\n{Head}\ntasks:\n" + string.Join('\n', tasks.Select(task => "  " + task)) + "\n";
        var workflow = Guid.NewGuid();
        var saved = await _cluster.Client.GetGrain<Periplon.Client.Workflows.IWorkflowGrain>(workflow.ToString("D")).CreateAsync(
            new Periplon.Client.Workflows.SaveWorkflow { Organization = EngineCluster.Organization, Definition = text }, Ct);
        saved.Status.ShouldBe(Periplon.Client.Workflows.WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(p => p.Message)));
        return await _cluster.StartAsync(workflow);
    }

    private Task<SignalStatus> SignalAsync(Guid id, string name, string key, string? payload = null, bool isWebhook = false) =>
        _cluster.Execution(id).SignalAsync(
            new SignalRequest
            {
                Organization = EngineCluster.Organization, Name = name, Key = key, IsWebhook = isWebhook,
                Payload = payload is null ? default : Encoding.UTF8.GetBytes(payload),
            },
            Ct);

    private Task<DecisionResult> DecideAsync(Guid id, string? task, bool approved, string? by) => _cluster.Execution(id).DecideAsync(
        new DecisionRequest { Organization = EngineCluster.Organization, Task = task, Approved = approved, By = by }, Ct);
}
