using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>An activation that another one has overtaken, as happens when a silo that was taken for dead writes a last time.</summary>
public sealed class OvertakenExecutionTests(SiloWithoutWorker silo) : IClassFixture<SiloWithoutWorker>
{
    private readonly EngineCluster _cluster = silo.Cluster;
    private readonly Guid _token = Guid.NewGuid();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wake_AfterAnotherHasEndedTheExecution_FindsTheEnd()
    {
        var offer = await OvertakenAsync();
        var execution = _cluster.Execution(offer.ExecutionId);
        await Should.ThrowAsync<TimeoutException>(execution.WakeAsync(Ct));
        (await execution.WakeAsync(Ct)).ShouldBeFalse();
        (await execution.DescribeAsync(Ct)).ShouldNotBeNull().Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Claim_ThatAnOvertakenActivationWouldRefuse_IsLeftOpenUntilACurrentOneAnswers()
    {
        var offer = await OvertakenAsync();
        await Should.ThrowAsync<TimeoutException>(_cluster.ClaimAsync(offer, Guid.NewGuid()));
        (await _cluster.ClaimAsync(offer, Guid.NewGuid())).ShouldBeNull();
    }

    [Fact]
    public async Task Report_ThatAnOvertakenActivationWouldDrop_IsLeftOpenUntilACurrentOneAnswers()
    {
        var offer = await OvertakenAsync();
        await Should.ThrowAsync<TimeoutException>(_cluster.ReportAsync(offer, Guid.NewGuid(), Samples.Done("late")));
        (await _cluster.ReportAsync(offer, _token, Samples.Done("again"))).ShouldBe(ReportStatus.Accepted, "its own end is recorded");
    }

    [Fact]
    public async Task HoldsPlace_AskedOfAnOvertakenActivation_IsLeftOpenUntilACurrentOneAnswers()
    {
        var execution = _cluster.Execution((await OvertakenAsync()).ExecutionId);
        var place = new LimitPlace(Guid.Empty, "a", default);
        await Should.ThrowAsync<TimeoutException>(execution.HoldsPlaceAsync(place, Ct));
        (await execution.HoldsPlaceAsync(place, Ct)).ShouldBeFalse();
    }

    // Claimed here, and ended by another activation.
    private async Task<TaskOffer> OvertakenAsync()
    {
        var offer = await _cluster.TakeAsync(await _cluster.RunAsync("", "a"));
        (await _cluster.ClaimAsync(offer, _token)).ShouldNotBeNull();
        var at = (await _cluster.EventsAsync(offer.ExecutionId))[^1].At;
        var row = Samples.Row(Samples.Begin(Samples.Workflow("", "a"), at).State);
        IReadOnlyList<ExecutionEvent> events =
        [
            new TaskCompleted { At = at, Task = "a", Attempt = 1, Output = new TaskOutput() },
            new ExecutionFinished { At = at, Status = ExecutionStatus.Completed },
        ];
        await _cluster.Service<IJournalStore>().AppendAsync(
            new JournalAppend(
                offer.ExecutionId, 3, EventCodec.Encode(events), Guid.NewGuid(), at,
                row with { Id = offer.ExecutionId, Status = ExecutionStatus.Completed, NextWakeAt = null, WaitReason = null, CompletedAt = at }),
            Ct);
        return offer;
    }
}
