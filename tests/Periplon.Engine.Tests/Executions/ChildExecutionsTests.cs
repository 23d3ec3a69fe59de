using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Executions;

public sealed class ChildExecutionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Child_ThatCannotBeLoadedAndWasEndedByARepair_EndsForItsParentByItsRow(bool isCancel)
    {
        var workflow = Samples.Workflow(
            "name: sample\nversion: 1.0.0\nsubflows: {s: {tasks: {x: {command: {executable: 'true'}}}}}\ntasks:\n  call: {subflow: s}\n");
        var state = ExecutionBeginning.Of(ExecutionPlan.Compile(workflow), Samples.Created(workflow, Now), partition: 1).State;
        var child = state.Find("call")!.Wait!.Child!.Value;

        var told = new TaskCompletionSource<ChildReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (parent, broken) = (Substitute.For<IExecutionGrain>(), Substitute.For<IExecutionGrain>());
        parent.EndChildAsync(Arg.Do<ChildReport>(told.SetResult), Arg.Any<CancellationToken>()).Returns(true);
        broken.CancelAsync(null!, TestContext.Current.CancellationToken).ThrowsAsyncForAnyArgs(new InvalidDataException("row 2 is missing"));
        var grains = Substitute.For<IGrainFactory>();
        grains.GetGrain<IExecutionGrain>(state.Created.ExecutionId.ToString("D")).Returns(parent);
        grains.GetGrain<IExecutionGrain>(child.ToString("D")).Returns(broken);
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        using var instruments = new JournalInstruments();
        await using var journal = new SqliteJournalStore(
            test.Database, instruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance);
        var row = ExecutionRows.First(child, state.Created, 1) with
        {
            Status = ExecutionStatus.Failed, Error = "A defect of the storage ended it", CompletedAt = Now, NextWakeAt = null,
            WaitReason = null, QueueLane = null,
        };
        await journal.AppendAsync(
            new(child, 1, new byte[] { 1 }, Guid.NewGuid(), Now, row), TestContext.Current.CancellationToken);

        var lifetime = Substitute.For<IHostApplicationLifetime>();

        // Without a stored revision the child cannot be started either.
        var children = new ChildExecutions(
            grains, new WorkflowCatalog(new WorkflowStore(test.Database)), new ExecutionQueries(test.Database, TimeProvider.System),
            TimeProvider.System, lifetime, new LateMessages(TimeProvider.System, lifetime), NullLogger<ChildExecutions>.Instance);
        if (isCancel)
        {
            children.Cancel(state, "call", child, "no more");
        }
        else
        {
            children.Start(state, "call");
        }

        var report = await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (report.Task, report.Child, report.Status, report.Error).ShouldBe(("call", child, "failed", "A defect of the storage ended it"));
    }
}
