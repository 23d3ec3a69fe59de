using System.Text;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>A silo without a worker: the tests are the worker.</summary>
public sealed class SiloWithoutWorker : IAsyncLifetime
{
    internal EngineCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.RunsTasks = false);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>The protocol between executions, queue and workers, one call after the other.</summary>
public sealed class ExecutionGrainTests(SiloWithoutWorker silo) : IClassFixture<SiloWithoutWorker>
{
    private readonly EngineCluster _cluster = silo.Cluster;
    private readonly Guid _token = Guid.NewGuid();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_SameIdAgain_IsAnsweredAsTheFirstAlsoAfterTheEnd()
    {
        var workflow = await _cluster.SaveAsync("inputs: {n: {type: integer, default: 1}}", "a");
        var id = Guid.CreateVersion7();
        (await _cluster.TryStartAsync(workflow, id)).ShouldBe(StartStatus.Started);
        (await _cluster.TryStartAsync(workflow, id)).ShouldBe(StartStatus.AlreadyStarted);
        (await _cluster.TryStartAsync(workflow, id, new { n = 2 })).ShouldBe(StartStatus.Conflict);
        (await _cluster.TryStartAsync(workflow, id, priority: 3)).ShouldBe(StartStatus.Conflict);

        await RunAsync(await _cluster.TakeAsync(id));
        await _cluster.DeactivateAsync(_cluster.Execution(id));
        (await _cluster.TryStartAsync(workflow, id)).ShouldBe(StartStatus.AlreadyStarted);
        (await _cluster.TryStartAsync(workflow, id, new { n = 2 })).ShouldBe(StartStatus.Conflict);
        (await _cluster.EventsAsync(id)).OfType<ExecutionCreated>().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("{\"n\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "Input 'n' is nested 33 levels deep")]
    [InlineData("""{"n":["\ud800"]}""", "Input 'n' holds a string that is no text")]
    [InlineData("""{"\ud800":1}""", "The inputs cannot be read")]
    public async Task Start_InputThatIsNoValue_IsRefusedWithTheReason(string inputs, string expected)
    {
        var workflow = await _cluster.SaveAsync("inputs: {n: {type: array}}", "a");
        var start = new StartExecution { ExecutionId = Guid.CreateVersion7(), Organization = "default", Inputs = Encoding.UTF8.GetBytes(inputs) };
        var result = await _cluster.Client.GetGrain<IWorkflowGrain>(workflow.ToString("D")).StartAsync(start, Ct);
        result.Status.ShouldBe(StartStatus.InvalidInputs);
        result.Problems.ShouldHaveSingleItem().Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Start_SecretInput_IsInTheEventByName()
    {
        var id = Guid.CreateVersion7();
        await _cluster.TryStartAsync(await _cluster.SaveAsync("inputs: {pin: {type: secret}, n: {type: integer}}", "a"), id, new { pin = "hunter2" });
        (await _cluster.EventsAsync(id)).OfType<ExecutionCreated>().ShouldHaveSingleItem().SecretInputs.ShouldBe(["pin"]);
        (await _cluster.Execution(id).DescribeAsync(Ct)).ShouldNotBeNull().Inputs.ToArray().ShouldBe("""{"pin":"***"}"""u8.ToArray());
    }

    [Fact]
    public async Task Start_SameIdFromManyCallersAtOnce_CreatesOne()
    {
        var workflow = await _cluster.SaveAsync("", "a");
        var id = Guid.CreateVersion7();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _cluster.TryStartAsync(workflow, id)));
        answers.Count(answer => answer is StartStatus.Started).ShouldBe(1);
        answers.Count(answer => answer is StartStatus.AlreadyStarted).ShouldBe(19);
    }

    [Fact]
    public async Task Claim_SameTokenAgain_GetsTheSameLeaseAndAnotherGetsNone()
    {
        var offer = await _cluster.TakeAsync(await _cluster.RunAsync("", "a"));
        (await _cluster.ClaimAsync(offer, _token)).ShouldNotBeNull().Delivery.ShouldBe(1);
        (await _cluster.ClaimAsync(offer, _token)).ShouldNotBeNull().Delivery.ShouldBe(1);
        (await _cluster.ClaimAsync(offer, Guid.NewGuid())).ShouldBeNull();
        (await _cluster.ClaimAsync(offer with { Task = "nonsense" }, Guid.NewGuid())).ShouldBeNull();
        (await _cluster.ReportAsync(offer, _token, Samples.Done())).ShouldBe(ReportStatus.Accepted);
        (await _cluster.ReportAsync(offer, _token, Samples.Done())).ShouldBe(ReportStatus.Accepted, "the answer may have been lost");
        (await _cluster.ReportAsync(offer, Guid.NewGuid(), Samples.Failed())).ShouldBe(ReportStatus.LeaseLost);
        (await _cluster.EndAsync(offer.ExecutionId)).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Claim_OfAWorkerThatIsGone_IsNoRefusalAndItsReportIsDropped()
    {
        var offer = await _cluster.TakeAsync(await _cluster.RunAsync("", "a"));
        await Should.ThrowAsync<TimeoutException>(_cluster.ClaimAsync(offer, _token, "S127.0.0.1:1:1"));
        (await _cluster.ReportAsync(offer, _token, Samples.Done("late"))).ShouldBe(ReportStatus.LeaseLost);

        var token = Guid.NewGuid();
        (await _cluster.ClaimAsync(offer, token)).ShouldNotBeNull().Delivery.ShouldBe(1);
        (await _cluster.ReportAsync(offer, _token, Samples.Done("late"))).ShouldBe(ReportStatus.LeaseLost);
        (await _cluster.ReportAsync(offer, token, Samples.Done("good"))).ShouldBe(ReportStatus.Accepted);
        (await _cluster.EndAsync(offer.ExecutionId)).Tasks[0].Output.ShouldBe("good");
    }

    [Fact]
    public async Task Offer_ThatIsLost_IsMadeAgainByTheSweep()
    {
        var id = await _cluster.RunAsync("", "a");
        var lost = await _cluster.TakeAsync(id);
        var again = await _cluster.TakeAsync(id);
        (again.Task, again.Attempt).ShouldBe((lost.Task, lost.Attempt));
        await RunAsync(again);
        await Eventually.TrueAsync("its row has no wake-up any more", async () =>
            await _cluster.Database.ScalarAsync($"select next_wake_at from executions where id = '{id:D}'") is DBNull or null);
    }

    [Fact]
    public async Task Partition_ActivatedAnew_HasTheOffersOfItsExecutionsAgain()
    {
        var id = await _cluster.RunAsync("", "a", "b");
        await _cluster.TakeAsync(id);
        await _cluster.DeactivateAsync(_cluster.PartitionOf(id));
        var found = new HashSet<string>();
        await Eventually.TrueAsync("both tasks are offered", async () =>
        {
            found.UnionWith((await _cluster.PartitionOf(id).TakeAsync(100, [], Ct)).Where(o => o.ExecutionId == id).Select(o => o.Task));
            return found.Count == 2;
        });
    }

    [Fact]
    public async Task Pause_TaskThatIsOffered_IsRefusedThenAndOfferedAtTheResume()
    {
        var id = await _cluster.RunAsync("", "a", "b: depends_on: [a]");
        (await ControlAsync(id, grain => grain.PauseAsync)).ShouldBe(ControlStatus.Done);
        (await ControlAsync(id, grain => grain.PauseAsync)).ShouldBe(ControlStatus.NoChange);
        (await _cluster.ViewAsync(id)).Status.ShouldBe("paused");
        var refused = await _cluster.TakeAsync(id);
        (await _cluster.ClaimAsync(refused, _token)).ShouldBeNull();

        (await ControlAsync(id, grain => grain.ResumeAsync)).ShouldBe(ControlStatus.Done);
        await RunAsync(await _cluster.TakeAsync(id));
        await RunAsync(await _cluster.TakeAsync(id));
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
        (await ControlAsync(id, grain => grain.PauseAsync)).ShouldBe(ControlStatus.AlreadyFinished);
    }

    [Fact]
    public async Task Control_OfAnotherOrganizationOrNothing_FindsNothing()
    {
        var id = await _cluster.RunAsync("", "a");
        (await _cluster.Execution(id).CancelAsync(new ControlRequest("other"), Ct)).ShouldBe(ControlStatus.NotFound);
        (await _cluster.Execution(Guid.NewGuid()).CancelAsync(new ControlRequest("default"), Ct)).ShouldBe(ControlStatus.NotFound);
        (await _cluster.Execution(Guid.NewGuid()).DescribeAsync(Ct)).ShouldBeNull();
        (await _cluster.Execution(Guid.NewGuid()).WakeAsync(Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task Deactivation_BetweenAnyTwoCalls_LosesNothing()
    {
        var id = await _cluster.RunAsync("", "a: retry: {max_attempts: 2, delay_secs: 0}", "b: depends_on: [a]");
        foreach (var (outcome, task) in new[] { (Samples.Failed(), "a"), (Samples.Done("1"), "a"), (Samples.Done("2"), "b") })
        {
            await _cluster.DeactivateAsync(_cluster.Execution(id));
            await _cluster.MakeDueAsync(id);
            var offer = await _cluster.TakeAsync(id);
            offer.Task.ShouldBe(task);
            var token = Guid.NewGuid();
            (await _cluster.ClaimAsync(offer, token)).ShouldNotBeNull();
            await _cluster.DeactivateAsync(_cluster.Execution(id));
            (await _cluster.ReportAsync(offer, token, outcome)).ShouldBe(ReportStatus.Accepted);
        }

        var end = await _cluster.EndAsync(id);
        (end.Status, end.RetryCount, end.Tasks[0].Attempt).ShouldBe(("completed", 1, 2));
    }

    [Fact]
    public async Task Conflict_AnotherWriterWasFirst_ReloadsAndGoesOn()
    {
        var id = await _cluster.RunAsync("", "a");
        var offer = await _cluster.TakeAsync(id);
        var now = TimeProvider.System.GetUtcNow();
        await _cluster.Service<IJournalStore>().AppendAsync(
            new JournalAppend(id, 2, EventCodec.Encode([new ExecutionPaused { At = now }, new ExecutionResumed { At = now }]), Guid.NewGuid(), now, null), Ct);

        await Should.ThrowAsync<TimeoutException>(_cluster.ClaimAsync(offer, _token));
        await Eventually.TrueAsync("the claim is answered by an activation that knows", async () =>
        {
            try
            {
                return await _cluster.ClaimAsync(offer, _token) is not null;
            }
            catch (TimeoutException)
            {
                return false;
            }
        });
        (await _cluster.ReportAsync(offer, _token, Samples.Done())).ShouldBe(ReportStatus.Accepted);
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Cancel_WorkerThatDidNotConfirm_IsToldAgainWhenTheExecutionEndsWithoutIt()
    {
        var offer = await _cluster.TakeAsync(await _cluster.RunAsync("", "a"));
        var leases = _cluster.Service<LeaseRegistry>();
        var stopped = leases.Add(_token, CancellationToken.None);
        (await _cluster.ClaimAsync(offer, _token)).ShouldNotBeNull();
        await _cluster.DeactivateAsync(_cluster.Execution(offer.ExecutionId));

        // The stop was lost half a minute ago, with the activation that sent it.
        var before = TimeProvider.System.GetUtcNow() - ExecutionPlanner.StopGrace;
        await _cluster.Service<IJournalStore>().AppendAsync(
            new JournalAppend(offer.ExecutionId, 3, EventCodec.Encode([new CancelRequested { At = before }]), Guid.NewGuid(), before, null), Ct);
        (await _cluster.EndAsync(offer.ExecutionId)).Status.ShouldBe("cancelled");
        await Eventually.TrueAsync("the attempt is stopped", () => Task.FromResult(stopped.IsCancellationRequested));
        (await _cluster.ReportAsync(offer, _token, Samples.Done())).ShouldBe(ReportStatus.LeaseLost);
    }

    [Fact]
    public async Task WaitForEnd_ThatRunsOut_AnswersWithTheStatusAsItIs()
    {
        var id = await _cluster.RunAsync("", "a");
        (await _cluster.Execution(id).WaitForEndAsync(TimeSpan.FromMilliseconds(1), Ct)).ShouldNotBeNull().IsTerminal.ShouldBeFalse();
        (await _cluster.Execution(Guid.NewGuid()).WaitForEndAsync(TimeSpan.FromSeconds(1), Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Start_TimesFurtherAwayThanATimerReaches_RunsAllTheSame()
    {
        var id = await _cluster.RunAsync("timeout_secs: 8000000", "a: retry: {max_attempts: 2, delay_secs: 8000000, max_delay_secs: 8000000}");
        var offer = await _cluster.TakeAsync(id);
        await _cluster.ClaimAsync(offer, _token);
        (await _cluster.ReportAsync(offer, _token, Samples.Failed())).ShouldBe(ReportStatus.Accepted);
        await _cluster.DeactivateAsync(_cluster.Execution(id));
        (await _cluster.ViewAsync(id)).Status.ShouldBe("waiting");
        (await ControlAsync(id, grain => grain.CancelAsync)).ShouldBe(ControlStatus.Done);
        (await _cluster.EndAsync(id)).Status.ShouldBe("cancelled");
    }

    private Task<ControlStatus> ControlAsync(Guid id, Func<IExecutionGrain, Func<ControlRequest, CancellationToken, Task<ControlStatus>>> control) =>
        control(_cluster.Execution(id))(new ControlRequest(EngineCluster.Organization, "ada"), Ct);

    private async Task RunAsync(Periplon.Client.Queue.TaskOffer offer)
    {
        var token = Guid.NewGuid();
        (await _cluster.ClaimAsync(offer, token)).ShouldNotBeNull();
        (await _cluster.ReportAsync(offer, token, Samples.Done())).ShouldBe(ReportStatus.Accepted);
    }
}
