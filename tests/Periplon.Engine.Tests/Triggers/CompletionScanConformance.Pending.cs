using Periplon.Client.Workflows;
using Periplon.Engine.Triggers;

namespace Periplon.Engine.Tests.Triggers;

// Runs that were claimed and not dealt with.
public abstract partial class CompletionScanConformance
{
    [Fact]
    public async Task Pending_TriggerWhoseWorkflowDoesNotAnswer_HoldsUpNoOtherAndIsAskedLessAndLess()
    {
        var silent = await AddAsync("silent");
        var fine = await AddAsync("fine");
        _answer = _ => throw new InvalidOperationException("nobody answers");
        for (var i = 0; i < 100; i++)
        {
            await EndedAsync();
        }

        await QuickAsync();
        (await Runs.ListAsync("default", silent.Id, null, 1000, Ct)).Count(run => run.Status is TriggerRunStatus.Pending).ShouldBe(100);
        _started.Count.ShouldBeLessThan(60, "what is held is stored without being asked for");

        _answer = start => start.TriggeredBy == silent.By
            ? throw new InvalidOperationException("nobody answers")
            : new StartResult { Status = StartStatus.Started };
        _time.Advance(TimeSpan.FromMinutes(10));
        _started.Clear();
        var dealt = 0;
        for (var round = 0; round < 4; round++)
        {
            dealt += await Pending.RunOnceAsync(Ct);
        }

        dealt.ShouldBe(100);
        _started.Count(start => start.TriggeredBy == fine.By).ShouldBe(100);
        _started.Count(start => start.TriggeredBy == silent.By).ShouldBe(1, "after that it is left alone for a while");
        _started.Clear();
        for (var second = 0; second < 600; second += 2)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            await Pending.RunOnceAsync(Ct);
        }

        _started.Count.ShouldBeInRange(4, 8, "pauses of two minutes at last");
        _answer = _ => new StartResult { Status = StartStatus.Started };
        _time.Advance(TimeSpan.FromMinutes(10));
        for (var round = 0; round < 4; round++)
        {
            await Pending.RunOnceAsync(Ct);
        }

        (await Runs.ListAsync("default", silent.Id, null, 1000, Ct)).ShouldAllBe(run => run.Status == TriggerRunStatus.Started);
    }

    [Fact]
    public async Task Pending_RunThatFailsAgainAndAgain_LetsTheOthersOfItsTriggerPass()
    {
        var trigger = await AddAsync("ok");
        var poison = await EndedAsync();
        var good = await EndedAsync();
        _answer = _ => throw new InvalidOperationException("the silo dies");
        foreach (var ended in new[] { poison, good })
        {
            await Starts.HandleAsync(trigger, (await Queries.FindAsync("default", ended, Ct))!, Ct);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var runs = await Runs.ListAsync("default", trigger.Id, null, 10, Ct);
        var bad = runs.Single(run => run.SourceExecutionId == poison).ExecutionId;
        _answer = start => start.ExecutionId == bad
            ? throw new InvalidOperationException("a defect")
            : new StartResult { Status = StartStatus.Started };
        for (var round = 0; round < 3; round++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Pending.RunOnceAsync(Ct);
        }

        (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).Single(run => run.SourceExecutionId == good).Status
            .ShouldBe(TriggerRunStatus.Started);
        _time.Advance(TimeSpan.FromDays(2));
        await Pending.RunOnceAsync(Ct);
        var given = (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).Single(run => run.SourceExecutionId == poison);
        (given.Status, given.Detail).ShouldBe((TriggerRunStatus.Refused, "a defect"));
    }

    [Fact]
    public async Task Pending_TriggerIsPaused_StartsNothingUntilItIsResumed()
    {
        var trigger = await AddAsync("ok");
        _answer = _ => throw new InvalidOperationException("nobody answers");
        await EndedAsync();
        await QuickAsync();
        (await Triggers.UpdateAsync((await Triggers.FindAsync("default", trigger.Id, Ct))! with { IsPaused = true }, Ct))
            .ShouldBe(TriggerSaveStatus.Saved);
        _answer = _ => new StartResult { Status = StartStatus.Started };
        _started.Clear();
        for (var round = 0; round < 3; round++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            await Pending.RunOnceAsync(Ct);
        }

        _started.ShouldBeEmpty();
        (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem().Status.ShouldBe(TriggerRunStatus.Pending);
        (await Triggers.UpdateAsync((await Triggers.FindAsync("default", trigger.Id, Ct))! with { IsPaused = false }, Ct))
            .ShouldBe(TriggerSaveStatus.Saved);
        _time.Advance(TimeSpan.FromMinutes(10));
        await Pending.RunOnceAsync(Ct);
        _started.ShouldHaveSingleItem();
        (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem().Status.ShouldBe(TriggerRunStatus.Started);
    }

    [Fact]
    public async Task Pending_StartedByACallThatWasNeverAnswered_IsNotRefusedInTheEnd()
    {
        var trigger = await AddAsync("ok");
        _answer = _ => throw new InvalidOperationException("nobody answers");
        await EndedAsync();
        await QuickAsync();
        var run = (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem();
        await EndedAsync(row => row with { WorkflowId = Guid.NewGuid() }, run.ExecutionId);
        _time.Advance(TimeSpan.FromDays(2));
        await Pending.RunOnceAsync(Ct);
        run = (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem();
        (run.Status, run.Detail).ShouldBe((TriggerRunStatus.Started, null));
    }

    [Fact]
    public async Task ListPendingTriggers_GoesFromTriggerToTriggerBehindOne()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(Guid.NewGuid());
            for (var run = 0; run < 3; run++)
            {
                await Runs.ClaimAsync(
                    new TriggerRun
                    {
                        TriggerId = ids[i], Source = $"s{run}", Organization = "default", SourceExecutionId = Guid.NewGuid(),
                        ExecutionId = Guid.NewGuid(), CreatedAt = T0, UpdatedAt = T0,
                    },
                    Ct);
            }
        }

        ids = [.. ids.OrderBy(id => id.ToString("D"), StringComparer.Ordinal)];
        (await Runs.ListPendingTriggersAsync(Guid.Empty, 10, Ct)).ShouldBe(ids);
        (await Runs.ListPendingTriggersAsync(Guid.Empty, 2, Ct)).ShouldBe(ids[..2]);
        (await Runs.ListPendingTriggersAsync(ids[1], 10, Ct)).ShouldBe(ids[2..]);
        (await Runs.ListPendingTriggersAsync(ids[2], 10, Ct)).ShouldBeEmpty();
    }
}
