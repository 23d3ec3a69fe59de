using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>The same start again is answered as the first was, whatever became of the workflow in between.</summary>
public sealed class RepeatedStartTests(SiloWithoutWorker silo) : IClassFixture<SiloWithoutWorker>
{
    private const string Inputs = "inputs: {n: {type: integer, default: 1}}";

    private readonly EngineCluster _cluster = silo.Cluster;
    private readonly Guid _id = Guid.CreateVersion7();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_AgainAfterTheWorkflowBecameInactive_IsAlreadyStarted()
    {
        var workflow = await StartAsync();
        await UpdateAsync(workflow, new SaveWorkflow { Organization = EngineCluster.Organization, IsActive = false });

        await ShouldAnswerAsBeforeAsync(workflow);
        (await _cluster.TryStartAsync(workflow, Guid.CreateVersion7())).ShouldBe(StartStatus.WorkflowInactive);
    }

    [Fact]
    public async Task Start_AgainAfterTheWorkflowWasDeleted_IsAlreadyStarted()
    {
        var workflow = await StartAsync();
        (await Workflow(workflow).DeleteAsync(EngineCluster.Organization, Ct)).ShouldBeTrue();

        await ShouldAnswerAsBeforeAsync(workflow);
        (await _cluster.TryStartAsync(workflow, Guid.CreateVersion7())).ShouldBe(StartStatus.WorkflowNotFound);
    }

    [Fact]
    public async Task Start_AgainAfterADefaultChanged_IsAlreadyStarted()
    {
        var workflow = await StartAsync();
        await ReviseAsync(workflow, "inputs: {n: {type: integer, default: 2}}");

        await ShouldAnswerAsBeforeAsync(workflow);
    }

    [Fact]
    public async Task Start_AgainAfterAnInputBecameRequired_IsAlreadyStarted()
    {
        var workflow = await StartAsync();
        await ReviseAsync(workflow, "inputs: {n: {type: integer, default: 1}, must: {type: string, required: true}}");

        await ShouldAnswerAsBeforeAsync(workflow);
        (await _cluster.TryStartAsync(workflow, Guid.CreateVersion7())).ShouldBe(StartStatus.InvalidInputs);
    }

    [Fact]
    public async Task Start_OfAnotherWorkflowUnderTheSameId_IsAConflict()
    {
        await StartAsync();
        var other = await _cluster.SaveAsync(Inputs, "a");
        (await _cluster.TryStartAsync(other, _id)).ShouldBe(StartStatus.Conflict);
        await UpdateAsync(other, new SaveWorkflow { Organization = EngineCluster.Organization, IsActive = false });
        (await _cluster.TryStartAsync(other, _id)).ShouldBe(StartStatus.Conflict);
    }

    [Fact]
    public async Task Start_AgainOfAnExecutionOfAnEarlierVersion_ComparesWhatWasBound()
    {
        var workflow = await _cluster.SaveAsync(Inputs, "a");
        var row = (await _cluster.Service<IWorkflowStore>().FindAsync(workflow, Ct)).ShouldNotBeNull();
        var now = TimeProvider.System.GetUtcNow();
        var created = new ExecutionCreated
        {
            At = now, ExecutionId = _id, Organization = EngineCluster.Organization, WorkflowId = workflow, Revision = 1,
            WorkflowName = row.Name, WorkflowVersion = row.Version,
            Inputs = new Dictionary<string, JsonElement> { ["n"] = JsonSerializer.SerializeToElement(1) },
        };
        var execution = ExecutionRows.First(_id, created, _cluster.Service<QueuePartitions>().Of(_id));
        await _cluster.Service<IJournalStore>().AppendAsync(
            new JournalAppend(_id, 1, EventCodec.Encode([created]), Guid.NewGuid(), now, execution), Ct);

        await ShouldAnswerAsBeforeAsync(workflow);
    }

    private async Task<Guid> StartAsync()
    {
        var workflow = await _cluster.SaveAsync(Inputs, "a");
        (await _cluster.TryStartAsync(workflow, _id)).ShouldBe(StartStatus.Started);
        return workflow;
    }

    private async Task ShouldAnswerAsBeforeAsync(Guid workflow)
    {
        (await _cluster.TryStartAsync(workflow, _id)).ShouldBe(StartStatus.AlreadyStarted);
        (await _cluster.TryStartAsync(workflow, _id, new { n = 5 })).ShouldBe(StartStatus.Conflict);
        await _cluster.DeactivateAsync(_cluster.Execution(_id));
        (await _cluster.TryStartAsync(workflow, _id)).ShouldBe(StartStatus.AlreadyStarted);
    }

    private async Task ReviseAsync(Guid workflow, string head)
    {
        await UpdateAsync(workflow, new SaveWorkflow
        {
            Organization = EngineCluster.Organization, Definition = Samples.Yaml($"w-{workflow:N}", head, ["a"]),
        });
    }

    private async Task UpdateAsync(Guid workflow, SaveWorkflow change)
    {
        var saved = await Workflow(workflow).UpdateAsync(change, Ct);
        saved.Status.ShouldBe(WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(p => p.Message)));
    }

    private IWorkflowGrain Workflow(Guid id) => _cluster.Client.GetGrain<IWorkflowGrain>(id.ToString("D"));
}
