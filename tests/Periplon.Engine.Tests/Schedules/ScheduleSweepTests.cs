using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

/// <summary>Runs that overlap, end, wait, and fill ranges.</summary>
public sealed class ScheduleSweepTests : IAsyncLifetime
{
    private ShardFixture _test = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _test = await ShardFixture.CreateAsync();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Overlap_Skip_SkipsUntilTheRunBeforeHasEnded()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.Skip });
        await _test.AtAsync(0);
        await _test.AtAsync(1);
        await _test.EndAsync((await _test.RunsAsync(row))[0], "failed");
        await _test.AtAsync(2);
        await _test.ShouldHaveRunsAsync(row, "0 running", "1 skipped", "2 running");
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 failed", "1 skipped", "2 running");
    }

    [Fact]
    public async Task Overlap_Queue_LetsOneWaitAndStartsItWhenTheRunBeforeHasEnded()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.Queue });
        for (var minute = 0; minute < 3; minute++)
        {
            await _test.AtAsync(minute);
            await _test.SweepAsync();
        }

        await _test.ShouldHaveRunsAsync(row, "0 running", "1 scheduled waits", "2 skipped");
        await _test.EndAsync((await _test.RunsAsync(row))[0]);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 completed", "1 running", "2 skipped");
        await _test.AtAsync(3);
        await _test.ShouldHaveRunsAsync(row, "0 completed", "1 running", "2 skipped", "3 scheduled waits");
        _test.Starter.Ticks.ShouldBe([T0, T0.AddMinutes(1)]);
    }

    [Fact]
    public async Task Overlap_Queue_OutlivesACrash()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.Queue });
        await _test.AtAsync(0);
        await _test.AtAsync(1);
        await _test.EndAsync((await _test.RunsAsync(row))[0]);
        _test.Crash();
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 completed", "1 running");
    }

    [Fact]
    public async Task Overlap_CancelOld_CancelsBeforeItStarts()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.CancelOld });
        await _test.AtAsync(0);
        _test.Starter.CancelIsAnswered = false;
        await _test.AtAsync(1);
        await _test.ShouldHaveRunsAsync(row, "0 running", "1 scheduled");

        _test.Crash();
        _test.Starter.CancelIsAnswered = true;
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 running", "1 running");
        _test.Starter.Cancelled.ShouldBe([(await _test.RunsAsync(row))[0].ExecutionId!.Value]);
    }

    [Fact]
    public async Task Overlap_CancelOld_RunThatWasDecidedAndNotStarted_IsSkippedAndALateStartOfItCancelled()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.CancelOld });
        var lost = new TaskCompletionSource();
        var dying = _test.NewShard(new FakeStarter { Gate = lost.Task });
        _test.Time.AdjustTime(T0);
        await dying.FireAsync(Ct);
        _test.Time.AdjustTime(T0.AddMinutes(1));
        await _test.Shard.FireAsync(Ct);
        await _test.Shard.IdleAsync();
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 skipped", "1 running");
        var overtaken = (await _test.RunsAsync(row))[0];
        _test.Starter.Cancelled.ShouldBe([overtaken.ExecutionId!.Value]);

        // The start of the silo that died arrives all the same.
        lost.SetResult();
        await dying.IdleAsync();
        await _test.BeginAsync(overtaken);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 skipped", "1 running");
        _test.Starter.Cancelled.ShouldBe([overtaken.ExecutionId.Value, overtaken.ExecutionId.Value]);
    }

    [Fact]
    public async Task Overlap_CancelOld_LateStartBeforeALongOutage_IsCancelledAfterIt()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.CancelOld });
        var lost = new TaskCompletionSource();
        var dying = _test.NewShard(new FakeStarter { Gate = lost.Task });
        _test.Time.AdjustTime(T0);
        await dying.FireAsync(Ct);
        _test.Time.AdjustTime(T0.AddMinutes(1));
        await _test.Shard.FireAsync(Ct);
        await _test.Shard.IdleAsync();
        await _test.SweepAsync();
        var overtaken = (await _test.RunsAsync(row))[0];
        overtaken.Status.ShouldBe(RunStatus.Skipped);

        lost.SetResult();
        await dying.IdleAsync();
        await _test.BeginAsync(overtaken);
        _test.Crash();
        _test.Starter.Cancelled.Clear();
        _test.Time.Advance(TimeSpan.FromHours(2));
        _test.Starter.CancelIsAnswered = false;
        await _test.SweepAsync();
        _test.Starter.CancelIsAnswered = true;
        await _test.SweepAsync();
        _test.Starter.Cancelled.ShouldBe([overtaken.ExecutionId!.Value]);
        await _test.SweepAsync();
        _test.Starter.Cancelled.Count.ShouldBe(1, "what was told to stop and is older than any start is not looked for again");
    }

    [Fact]
    public async Task Backfill_FillsGapsOnlyAFewAtATimeAndEnds()
    {
        var row = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.Skip, NextTick = T0.AddMinutes(6), NextFireAt = T0.AddMinutes(6) });
        await _test.Store.RecordRunAsync(Run(row, T0.AddMinutes(1), RunStatus.Completed), Ct);
        await _test.Store.RecordRunAsync(Run(row, T0.AddMinutes(2), RunStatus.Skipped), Ct);
        await _test.AtAsync(5);
        var backfill = await BackfillAsync(row, 5, parallel: 2);
        (await _test.SweepAsync()).ShouldBeTrue();
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 running", "1 completed", "2 running");

        await _test.AtAsync(6); // It is no run before the tick: the overlap policy does not see it.
        var runs = await _test.RunsAsync(row);
        runs[^1].Status.ShouldBe(RunStatus.Running);
        runs[0].Priority.ShouldBe(-10);
        await _test.EndAsync(runs[0]);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 completed", "1 completed", "2 running", "3 running", "6 running");

        _test.Crash();
        await _test.EndAsync(runs[2]);
        await _test.EndAsync((await _test.RunsAsync(row))[3]);
        await _test.SweepAsync();
        await _test.EndAsync((await _test.RunsAsync(row))[4]);
        await _test.SweepAsync();
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 completed", "1 completed", "2 completed", "3 completed", "4 completed", "6 running");
        var stored = (await _test.Store.FindBackfillAsync(row.Id, backfill.Id, Ct)).ShouldNotBeNull();
        (stored.Status, stored.Started, stored.Passed).ShouldBe((BackfillStatus.Completed, 4, 1));
        _test.Starter.Calls.Select(call => call.Execution).ShouldBeUnique();
    }

    [Fact]
    public async Task Backfill_Cancelled_StartsNothingMore()
    {
        var row = await _test.AddAsync(row => row with { NextTick = T0.AddMinutes(60), NextFireAt = T0.AddMinutes(60) });
        await _test.AtAsync(30);
        var backfill = await BackfillAsync(row, 30, parallel: 1);
        await _test.SweepAsync();
        await _test.Store.EndBackfillAsync(backfill.Id, BackfillStatus.Cancelled, T0, Ct);
        await _test.EndAsync((await _test.RunsAsync(row))[0]);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 completed");
    }

    [Fact]
    public async Task Backfill_TwoSchedulers_StartEachGapOnce()
    {
        var row = await _test.AddAsync(row => row with { NextTick = T0.AddHours(9), NextFireAt = T0.AddHours(9) });
        await _test.AtAsync(100);
        await BackfillAsync(row, 100, parallel: 100);
        var other = _test.NewShard();
        for (var i = 0; i < 4; i++)
        {
            await Task.WhenAll(Task.Run(() => _test.Shard.SweepAsync(Ct), Ct), Task.Run(() => other.SweepAsync(Ct), Ct));
            await Task.WhenAll(_test.Shard.IdleAsync(), other.IdleAsync());
        }

        (await _test.RunsAsync(row)).Count.ShouldBe(100);
        _test.Starter.Calls.Select(call => call.Execution).Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task Sweep_OldRuns_AreDeleted()
    {
        var row = await _test.AddAsync(row => row with { NextTick = T0.AddDays(90), NextFireAt = T0.AddDays(90) });
        await _test.Store.RecordRunAsync(Run(row, T0, RunStatus.Completed), Ct);
        await _test.AtAsync(TimeSpan.FromDays(29).TotalMinutes);
        await _test.SweepAsync();
        (await _test.RunsAsync(row)).Count.ShouldBe(1);
        _test.Time.Advance(TimeSpan.FromDays(2));
        await _test.SweepAsync();
        (await _test.RunsAsync(row)).ShouldBeEmpty();
    }

    private async Task<ScheduleBackfill> BackfillAsync(ScheduleRow row, int minutes, int parallel)
    {
        var backfill = new ScheduleBackfill
        {
            Id = Guid.NewGuid(), ScheduleId = row.Id, Organization = row.Organization, Shard = 0, FromAt = T0, ToAt = T0.AddMinutes(minutes),
            NextAt = T0, MaxParallel = parallel, Priority = -10, CreatedAt = _test.Time.GetUtcNow(),
        };
        (await _test.Store.InsertBackfillAsync(backfill, Ct)).ShouldBeTrue();
        return backfill;
    }
}
