using Periplon.Client.Executions;
using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

public sealed class ScheduleShardTests : IAsyncLifetime
{
    private ShardFixture _test = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _test = await ShardFixture.CreateAsync();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Fire_TickAfterTick_StartsEachOnceUnderItsOwnId()
    {
        var row = await _test.AddAsync();
        (await _test.AtAsync(-0.1)).ShouldBe(T0.AddSeconds(-1)); // It reads again before it fires.
        (await _test.AtAsync(-0.01)).ShouldBe(T0);
        _test.Starter.Calls.ShouldBeEmpty();
        (await _test.AtAsync(0)).ShouldBeGreaterThan(T0);
        await _test.AtAsync(0.5);
        await _test.AtAsync(1);

        await _test.ShouldHaveRunsAsync(row, "0 running", "1 running");
        _test.Starter.Calls.ShouldBe([(IdOf(row, T0), T0), (IdOf(row, T0.AddMinutes(1)), T0.AddMinutes(1))]);
        var stored = await _test.ReadAsync(row);
        (stored.NextTick, stored.LastTick, stored.LastRunAt).ShouldBe((T0.AddMinutes(2), T0.AddMinutes(1), T0.AddMinutes(1)));
    }

    [Fact]
    public async Task Fire_EverySecondWithinTheWindow_NeedsNoReadBetween()
    {
        var row = await _test.AddAsync(row => row with { IntervalSecs = 1 });
        for (var second = 0; second < 4; second++)
        {
            (await _test.AtAsync(second / 60.0)).ShouldBe(T0.AddSeconds(second + 1));
        }

        _test.Starter.Ticks.ShouldBe(Enumerable.Range(0, 4).Select(second => T0.AddSeconds(second)));
    }

    [Fact]
    public async Task Fire_TwoSchedulersOfOneShard_StartEachTickOnce()
    {
        var rows = new List<ScheduleRow>();
        for (var i = 0; i < 30; i++)
        {
            rows.Add(await _test.AddAsync());
        }

        var other = _test.NewShard();
        for (var minute = 0; minute < 5; minute++)
        {
            _test.Time.AdjustTime(T0.AddMinutes(minute));
            await Task.WhenAll(
                Task.Run(() => _test.Shard.FireAsync(Ct), Ct), Task.Run(() => other.FireAsync(Ct), Ct));
            await Task.WhenAll(_test.Shard.IdleAsync(), other.IdleAsync());
        }

        _test.Starter.Calls.Count.ShouldBe(150);
        _test.Starter.Calls.Select(call => call.Execution).ShouldBeUnique();
        foreach (var row in rows)
        {
            await _test.ShouldHaveRunsAsync(row, [.. Enumerable.Range(0, 5).Select(minute => $"{minute} running")]);
        }
    }

    [Fact]
    public async Task Fire_SiloDiesBetweenDecisionAndStart_TheNextStartsTheSameExecution()
    {
        var row = await _test.AddAsync();
        var never = new TaskCompletionSource();
        _test.Starter.Gate = never.Task;
        _test.Time.AdjustTime(T0);
        await _test.Shard.FireAsync(Ct);
        await _test.ShouldHaveRunsAsync(row, "0 scheduled");

        _test.Crash();
        _test.Starter.Gate = Task.CompletedTask;
        await _test.AtAsync(0.1);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 running");
        _test.Starter.Calls.Select(call => call.Execution).Distinct().ShouldBe([IdOf(row, T0)]);
    }

    [Fact]
    public async Task Fire_UnansweredStart_IsRepeatedByTheSweepUntilItIsAnswered()
    {
        var row = await _test.AddAsync();
        _test.Starter.Answer = _ => RunStart.Unanswered;
        await _test.AtAsync(0);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 scheduled");
        var calls = _test.Starter.Calls.Count;
        await _test.SweepAsync();
        _test.Starter.Calls.Count.ShouldBe(calls); // It is young: its start may be under way.

        _test.Starter.Answer = _ => RunStart.Started;
        await _test.AtAsync(0.1);
        await _test.SweepAsync();
        await _test.ShouldHaveRunsAsync(row, "0 running");
        _test.Starter.Calls.Select(call => call.Execution).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Fire_RefusedStart_IsAFailedRunAndIsNotRepeated()
    {
        var row = await _test.AddAsync();
        _test.Starter.Answer = _ => RunStart.Refused("the workflow is not active");
        await _test.AtAsync(0);
        await _test.AtAsync(0.5);
        await _test.SweepAsync();
        await _test.AtAsync(1);
        _test.Starter.Calls.Count.ShouldBe(2);
        var runs = await _test.RunsAsync(row);
        runs.ShouldAllBe(run => run.Status == RunStatus.Failed && run.Reason == "the workflow is not active" && run.ExecutionId == null);
        var stored = await _test.ReadAsync(row);
        (stored.Failures, stored.LastError).ShouldBe((2, "the workflow is not active"));
    }

    [Fact]
    public async Task Fire_WorkflowThatDoesNotAnswer_DoesNotHoldUpOthers()
    {
        var slow = await _test.AddAsync();
        var never = new TaskCompletionSource();
        _test.Starter.Gate = never.Task;
        _test.Time.AdjustTime(T0);
        await _test.Shard.FireAsync(Ct);
        _test.Starter.Gate = Task.CompletedTask;
        var other = await _test.AddAsync(row => row with { NextTick = T0.AddMinutes(1), NextFireAt = T0.AddMinutes(1) });
        _test.Time.AdjustTime(T0.AddMinutes(1));
        await _test.Shard.FireAsync(Ct);
        never.SetResult();
        await _test.Shard.IdleAsync();
        await _test.ShouldHaveRunsAsync(other, "1 running");
        await _test.ShouldHaveRunsAsync(slow, "0 running", "1 running");
    }

    [Fact]
    public async Task Fire_PausedAfterItWasRead_StartsNothing()
    {
        var row = await _test.AddAsync();
        await _test.AtAsync(-0.01);
        var paused = row with { Revision = 2, IsActive = false, NextTick = null, NextFireAt = null };
        (await _test.Store.UpdateAsync(paused, row, Ct)).ShouldBe(ScheduleSave.Saved);
        await _test.AtAsync(0);
        await _test.AtAsync(1);
        _test.Starter.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fire_ClockGoesBack_FiresNoTickAgain()
    {
        var row = await _test.AddAsync();
        await _test.AtAsync(0);
        await _test.AtAsync(1);
        await _test.AtAsync(-120);
        await _test.AtAsync(0);
        await _test.AtAsync(1);
        await _test.ShouldHaveRunsAsync(row, "0 running", "1 running");
        _test.Starter.Calls.Count.ShouldBe(2);

        var stored = await _test.ReadAsync(row);
        stored.TryGetRule(out var rule, out _).ShouldBeTrue();
        stored.Armed(rule!, T0.AddHours(-2)).NextTick.ShouldBe(T0.AddMinutes(2)); // A change by a person does not either.
    }

    [Theory]
    [InlineData(MissedPolicy.Skip, "0 skipped", "59 running", "60 running")]
    [InlineData(MissedPolicy.Last, "0 skipped", "58 running", "59 running", "60 running")]
    [InlineData(MissedPolicy.All, "0 skipped", "57 running", "58 running", "59 running", "60 running")]
    public async Task Fire_ClockJumpsForward_FollowsThePolicyForMissedTicks(MissedPolicy policy, params string[] expected)
    {
        var row = await _test.AddAsync(row => row with { Missed = policy, MissedWindowSecs = 180 });
        await _test.AtAsync(-1);
        await _test.AtAsync(60);
        await _test.ShouldHaveRunsAsync(row, expected);
        (await _test.RunsAsync(row))[0].Ticks.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Fire_JitterDelaysTheFiringNotTheTick()
    {
        var row = Minutely() with { JitterSecs = 30 };
        row.TryGetRule(out var rule, out _).ShouldBeTrue();
        row = row.Armed(rule!, T0.AddSeconds(-1));
        var delay = row.NextFireAt!.Value - T0;
        delay.ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(30));
        await _test.Store.InsertAsync(row, Ct);
        await _test.AtAsync((delay - TimeSpan.FromMilliseconds(1)).TotalMinutes);
        _test.Starter.Calls.ShouldBeEmpty();
        await _test.AtAsync((delay + TimeSpan.FromMilliseconds(1)).TotalMinutes);
        _test.Starter.Ticks.ShouldBe([T0]);
    }

    [Fact]
    public async Task Fire_LastTick_LeavesNothingToFire()
    {
        var row = await _test.AddAsync(row => row with { EndAt = T0 });
        await _test.AtAsync(0);
        await _test.AtAsync(5);
        await _test.ShouldHaveRunsAsync(row, "0 running");
        var stored = await _test.ReadAsync(row);
        (stored.NextTick, stored.NextFireAt, stored.LastTick).ShouldBe((null, null, T0));
    }

    [Fact]
    public async Task Fire_ScheduleThatCannotBeRead_IsPutOffAndSaysWhy()
    {
        var row = await _test.AddAsync(row => row with { IntervalSecs = null, CronExpression = "* * * * *", Timezone = "Mars/Olympus" });
        var other = await _test.AddAsync();
        await _test.AtAsync(0);
        _test.Starter.Calls.Count.ShouldBe(1);
        await _test.ShouldHaveRunsAsync(other, "0 running");
        var stored = await _test.ReadAsync(row);
        stored.NextFireAt.ShouldBe(T0.AddMinutes(5));
        stored.LastError.ShouldNotBeNull().ShouldContain("'Mars/Olympus' is no time zone");
    }

    [Fact]
    public async Task Fire_MoreThanOneReadGives_FiresThemAll()
    {
        var ids = new HashSet<Guid>();
        for (var i = 0; i < 1100; i++)
        {
            ids.Add((await _test.AddAsync(row => row with { EndAt = T0 })).Id);
        }

        await _test.AtAsync(0);
        _test.Starter.Calls.Count.ShouldBe(1100);
    }

    [Fact]
    public async Task Fire_SomeTickOnWhileOthersWaitToBeRead_NoneIsLeftBehind()
    {
        for (var i = 0; i < 10; i++)
        {
            await _test.AddAsync(row => row with { IntervalSecs = 1, EndAt = T0.AddSeconds(4) });
        }

        for (var i = 0; i < 1990; i++)
        {
            var at = T0.AddSeconds(i / 500.0); // Within the first four seconds, so that one read does not give them all.
            await _test.AddAsync(row => row with { IntervalSecs = 60, NextFireAt = at, EndAt = T0 });
        }

        for (var second = 0; second <= 4; second++)
        {
            await _test.AtAsync(second / 60.0);
        }

        _test.Starter.Calls.Count.ShouldBe(50 + 1990);
    }

    private static Guid IdOf(ScheduleRow row, DateTimeOffset tick) => ExecutionIds.ForTick(row.Id, tick, tick);
}
