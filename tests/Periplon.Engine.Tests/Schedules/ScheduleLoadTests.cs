using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

/// <summary>Workflows that do not answer, and more ticks than can start at once.</summary>
public sealed class ScheduleLoadTests : IAsyncLifetime
{
    private ShardFixture _test = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _test = await ShardFixture.CreateAsync();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Sweep_HundredsOfStartsThatNobodyAnswers_StillStartsTheRunThatWaits()
    {
        var silent = await _test.AddAsync(row => row with { NextTick = T0.AddDays(9), NextFireAt = T0.AddDays(9) });
        for (var minute = 0; minute < 250; minute++)
        {
            await _test.Store.RecordRunAsync(Run(silent, T0.AddMinutes(minute - 300)), Ct);
        }

        var queued = await _test.AddAsync(row => row with { Overlap = OverlapPolicy.Queue });
        _test.Starter.Answer = run => run.ScheduleId == silent.Id ? RunStart.Silent("the workflow did not answer") : RunStart.Started;
        await _test.AtAsync(0);
        await _test.AtAsync(1);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(queued, "0 running", "1 scheduled waits");
        await _test.EndAsync((await _test.RunsAsync(queued))[0]);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(queued, "0 completed", "1 running");
    }

    [Fact]
    public async Task Sweep_OneRunThatNobodyAnswers_IsTriedLessAndLessAndTheScheduleSaysWhy()
    {
        var row = await _test.AddAsync(row => row with { EndAt = T0 });
        _test.Starter.Answer = _ => RunStart.Silent("the workflow did not answer");
        await _test.AtAsync(0);
        for (var second = 1; second <= 300; second++)
        {
            await _test.AtAsync(second / 60.0);
            (await _test.SweepAsync()).ShouldBeFalse();
        }

        _test.Starter.Calls.Count.ShouldBeInRange(4, 8);
        var stored = await _test.ReadAsync(row);
        stored.Failures.ShouldBe(_test.Starter.Calls.Count);
        stored.LastError.ShouldBe("the start for 2026-11-23T12:00:00Z is repeated: the workflow did not answer");

        _test.Starter.Answer = _ => RunStart.Started;
        await _test.AtAsync(10);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 running");
        (await _test.ReadAsync(row)).LastError.ShouldBeNull();
    }

    [Fact]
    public async Task Sweep_StartsUnderWay_AreNoReasonToComeAgainSoon()
    {
        var row = await _test.AddAsync(row => row with { NextTick = T0.AddDays(9), NextFireAt = T0.AddDays(9) });
        for (var minute = 0; minute < 5; minute++)
        {
            await _test.Store.RecordRunAsync(Run(row, T0.AddMinutes(minute - 300)), Ct);
        }

        var gate = new TaskCompletionSource();
        _test.Starter.Gate = gate.Task;
        await _test.Shard.SweepAsync(Ct);
        (await _test.Shard.SweepAsync(Ct)).ShouldBeFalse();
        gate.SetResult();
        await _test.Shard.IdleAsync();
        _test.Starter.Calls.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Fire_ADayOfMissedTicks_ComesInPortionsAndLosesNone()
    {
        var row = await _test.AddAsync(row => row with
        {
            IntervalSecs = 1, Missed = MissedPolicy.All, EndAt = T0.AddSeconds(999),
        });
        var gate = new TaskCompletionSource();
        _test.Starter.Gate = gate.Task;
        _test.Time.AdjustTime(T0.AddHours(1));
        (await _test.Shard.FireAsync(Ct)).ShouldBe(T0.AddHours(1).AddSeconds(1));
        (await _test.RunsAsync(row)).Count.ShouldBe(SchedulePlanner.MaxTicks);
        _test.Shard.Forget();
        await _test.Shard.FireAsync(Ct);
        (await _test.RunsAsync(row)).Count.ShouldBe(SchedulePlanner.MaxTicks); // A read does not make it faster.

        for (var second = 1; second < 10; second++)
        {
            _test.Time.Advance(TimeSpan.FromSeconds(1));
            await _test.Shard.FireAsync(Ct);
        }

        (await _test.RunsAsync(row)).Count.ShouldBe(1000);
        _test.Starter.Calls.Count.ShouldBeLessThanOrEqualTo(StartRoom.MaxOfWorkflow);
        gate.SetResult();
        await _test.Shard.IdleAsync();
        while (await _test.SweepAsync())
        {
            _test.Time.Advance(TimeSpan.FromMilliseconds(200));
        }

        (await _test.RunsAsync(row)).ShouldAllBe(run => run.Status == RunStatus.Running);
        _test.Starter.Calls.Select(call => call.Execution).ShouldBeUnique();
        _test.Starter.Calls.Count.ShouldBe(1000);
    }
}
