using System.Text.Json;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Retries through the workflow's grain, on a silo with a worker.</summary>
public sealed class RetryGrainTests : IAsyncLifetime
{
    private const string Head = "inputs: {n: {type: integer, default: 1}, key: {type: secret, default: hushhush}}";

    private EngineCluster _cluster = null!;
    private bool _isMended;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts
        .Answer("a", _ => Samples.Done("from a"))
        .Answer("b", _ => _isMended ? Samples.Done("mended") : Samples.Failed()));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Retry_OfAFailedExecution_RunsOnlyWhatIsNotDoneAndPointsToIt()
    {
        var (workflow, ended) = await FailAsync();
        _isMended = true;
        var retry = Guid.CreateVersion7();
        (await RetryAsync(workflow, ended, retry)).Status.ShouldBe(StartStatus.Started);

        var view = await _cluster.EndAsync(retry);
        (view.Status, view.RetryOf, view.TriggerType, view.TriggeredBy).ShouldBe(("completed", ended, "retry", "ann"));
        view.Tasks.Single(task => task.Id == "a").ShouldSatisfyAllConditions(
            task => task.IsKept.ShouldBeTrue(), task => task.Output.ShouldBe("from a"), task => task.Attempt.ShouldBe(0));
        _cluster.Attempts.Begun.ShouldBe(["a/1/1", "b/1/1", "b/1/1", "c/1/1"]);
        var rows = _cluster.Service<IExecutionQueries>();
        (await rows.FindAsync(EngineCluster.Organization, ended, Ct)).ShouldNotBeNull().RetriedBy.ShouldBe(retry);
        (await rows.FindAsync(EngineCluster.Organization, retry, Ct)).ShouldNotBeNull().RetryOf.ShouldBe(ended);
        (await _cluster.ViewAsync(ended)).Status.ShouldBe("failed", "what has ended does not change");
    }

    [Fact]
    public async Task Retry_SentAgain_IsAnsweredAsTheFirstAndStartsNothing()
    {
        var (workflow, ended) = await FailAsync();
        var retry = Guid.CreateVersion7();
        (await RetryAsync(workflow, ended, retry)).Status.ShouldBe(StartStatus.Started);
        (await RetryAsync(workflow, ended, retry)).Status.ShouldBe(StartStatus.AlreadyStarted);
        (await RetryAsync(workflow, ended, retry, fromTask: "c")).Status.ShouldBe(StartStatus.Conflict);
        await Workflow(workflow).DeleteAsync(EngineCluster.Organization, Ct);
        (await RetryAsync(workflow, ended, retry)).Status.ShouldBe(StartStatus.AlreadyStarted);
        (await RetryAsync(workflow, ended, Guid.CreateVersion7())).Status.ShouldBe(StartStatus.WorkflowNotFound);
    }

    [Fact]
    public async Task Retry_WithEditedInputs_MergesAndChecksThem()
    {
        var (workflow, ended) = await FailAsync();
        var refused = await RetryAsync(workflow, ended, Guid.CreateVersion7(), inputs: new { n = "many" });
        refused.Status.ShouldBe(StartStatus.InvalidInputs);
        refused.Problems.ShouldHaveSingleItem().Path.ShouldBe("inputs.n");

        var retry = Guid.CreateVersion7();
        (await RetryAsync(workflow, ended, retry, inputs: new { n = 2 })).Status.ShouldBe(StartStatus.Started);
        var view = await _cluster.EndAsync(retry);
        var inputs = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(view.Inputs.Span)!;
        (inputs["n"].GetInt32(), inputs["key"].GetString()).ShouldBe((2, "***"));
    }

    [Fact]
    public async Task Retry_OfWhatCannotBeRetried_SaysWhy()
    {
        var (workflow, ended) = await FailAsync();
        (await RetryAsync(workflow, Guid.CreateVersion7(), Guid.CreateVersion7())).Status.ShouldBe(StartStatus.ExecutionNotFound);
        (await RetryAsync(await _cluster.SaveAsync(Head, "a"), ended, Guid.CreateVersion7())).Status.ShouldBe(StartStatus.ExecutionNotFound);
        var unknown = await RetryAsync(workflow, ended, Guid.CreateVersion7(), fromTask: "d");
        (unknown.Status, unknown.Problems.Single().Path).ShouldBe((StartStatus.CannotKeep, "from_task"));
        var noRevision = await RetryAsync(workflow, ended, Guid.CreateVersion7(), revision: 7);
        (noRevision.Status, noRevision.Problems.Single().Message)
            .ShouldBe((StartStatus.CannotKeep, "There is no revision 7; the workflow has 1 to 1"));

        _isMended = true;
        var well = await _cluster.StartAsync(workflow);
        await _cluster.EndAsync(well);
        (await RetryAsync(workflow, well, Guid.CreateVersion7())).Status.ShouldBe(StartStatus.NothingToRetry);

        _cluster.Attempts.Hold("a");
        var running = await _cluster.StartAsync(workflow);
        (await RetryAsync(workflow, running, Guid.CreateVersion7())).Status.ShouldBe(StartStatus.NotEnded);
    }

    [Fact]
    public async Task Retry_OnTheNewestRevision_RunsItsTasks()
    {
        var (workflow, ended) = await FailAsync();
        var saved = await Workflow(workflow).UpdateAsync(
            new SaveWorkflow
            {
                Organization = EngineCluster.Organization,
                Definition = Samples.Yaml($"w-{workflow:N}", Head, "a", "d: depends_on: [a]"),
            },
            Ct);
        saved.Status.ShouldBe(WorkflowSaveStatus.Saved);
        var retry = Guid.CreateVersion7();
        (await RetryAsync(workflow, ended, retry, revision: RetryExecution.LatestRevision)).Status.ShouldBe(StartStatus.Started);
        var view = await _cluster.EndAsync(retry);
        (view.Status, view.Revision).ShouldBe(("completed", 2));
        view.Tasks.Select(task => $"{task.Id} {task.IsKept}").ShouldBe(["a True", "d False"]);
    }

    private async Task<(Guid Workflow, Guid Execution)> FailAsync()
    {
        var workflow = await _cluster.SaveAsync(Head, "a", "b: depends_on: [a]", "c: depends_on: [b]");
        var id = await _cluster.StartAsync(workflow);
        (await _cluster.EndAsync(id)).Status.ShouldBe("failed");
        return (workflow, id);
    }

    private Task<StartResult> RetryAsync(
        Guid workflow, Guid of, Guid id, string? fromTask = null, object? inputs = null, int revision = RetryExecution.SameRevision) =>
        Workflow(workflow).RetryAsync(
            new RetryExecution
            {
                ExecutionId = id, Organization = EngineCluster.Organization, RetryOf = of, FromTask = fromTask, TriggeredBy = "ann",
                Inputs = inputs is null ? default : JsonSerializer.SerializeToUtf8Bytes(inputs), Revision = revision,
            },
            Ct);

    private IWorkflowGrain Workflow(Guid id) => _cluster.Client.GetGrain<IWorkflowGrain>(id.ToString("D"));
}
