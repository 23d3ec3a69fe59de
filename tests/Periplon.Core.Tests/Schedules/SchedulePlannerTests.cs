using CsCheck;
using Periplon.Core.Schedules;

namespace Periplon.Core.Tests.Schedules;

public sealed class SchedulePlannerTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static ScheduleSettings Minutely { get; } = new(
        new Guid("0198c0de-0000-7000-8000-000000000001"), TickRule.Of(TimeSpan.FromMinutes(1), T0), OverlapPolicy.Allow, MissedPolicy.Skip,
        TimeSpan.FromDays(1), TimeSpan.Zero, TimeSpan.FromSeconds(60));

    [Fact]
    public void Plan_NothingDue_DecidesNothing() =>
        ShouldBe(Plan(Minutely, T0.AddMinutes(1), T0.AddSeconds(59)), T0.AddMinutes(1), []);

    [Fact]
    public void Plan_OneDue_StartsItAndMovesOn() =>
        ShouldBe(Plan(Minutely, T0, T0), T0.AddMinutes(1), [(0, TickAction.Start)]);

    [Fact]
    public void Plan_ClockWentBack_DecidesNothingUntilTheNextTickComesAgain() =>
        ShouldBe(Plan(Minutely, T0.AddMinutes(5), T0.AddHours(-3)), T0.AddMinutes(5), []);

    [Theory]
    [InlineData(MissedPolicy.Skip, 600)]
    [InlineData(MissedPolicy.Last, 600)]
    [InlineData(MissedPolicy.All, 600)]
    public void Plan_LateByLessThanTheGrace_IsNotMissed(MissedPolicy policy, int grace)
    {
        var settings = Minutely with { Missed = policy, Grace = TimeSpan.FromSeconds(grace) };
        ShouldBe(
            Plan(settings, T0, T0.AddMinutes(2)), T0.AddMinutes(3), [(0, TickAction.Start), (1, TickAction.Start), (2, TickAction.Start)]);
    }

    [Fact]
    public void Plan_MissedUnderSkip_SkipsThemAsOneAndStartsWhatIsOnTime()
    {
        var plan = Plan(Minutely, T0, T0.AddMinutes(10));
        ShouldBe(plan, T0.AddMinutes(11), [(0, TickAction.Skip), (9, TickAction.Start), (10, TickAction.Start)]);
        plan.Decisions[0].Ticks.ShouldBe(9);
        plan.Decisions[0].Reason.ShouldBe(
            "9 ticks until 2026-11-23T12:09:00Z were due while nothing could fire them; the policy for missed ticks is 'skip'");
    }

    [Fact]
    public void Plan_MissedUnderLast_StartsTheLastOfThem()
    {
        var plan = Plan(Minutely with { Missed = MissedPolicy.Last }, T0, T0.AddMinutes(10));
        ShouldBe(plan, T0.AddMinutes(11), [(0, TickAction.Skip), (8, TickAction.Start), (9, TickAction.Start), (10, TickAction.Start)]);
        plan.Decisions[0].Ticks.ShouldBe(8);
    }

    [Fact]
    public void Plan_OneMissedUnderLast_StartsItAlone() =>
        ShouldBe(
            Plan(Minutely with { Missed = MissedPolicy.Last, Rule = TickRule.Of(TimeSpan.FromHours(1), T0) }, T0, T0.AddMinutes(30)),
            T0.AddHours(1), [(0, TickAction.Start)]);

    [Fact]
    public void Plan_MissedUnderAll_StartsThoseWithinTheWindow()
    {
        var plan = Plan(Minutely with { Missed = MissedPolicy.All, MissedWindow = TimeSpan.FromMinutes(4) }, T0, T0.AddMinutes(10));
        ShouldBe(plan, T0.AddMinutes(11), [(0, TickAction.Skip), .. Enumerable.Range(6, 5).Select(minute => (minute, TickAction.Start))]);
    }

    [Fact]
    public void Plan_WindowShorterThanTheGrace_StillStartsWhatIsOnTime() =>
        ShouldBe(
            Plan(Minutely with { Missed = MissedPolicy.All, MissedWindow = TimeSpan.FromSeconds(1) }, T0, T0.AddSeconds(59)),
            T0.AddMinutes(1), [(0, TickAction.Start)]);

    [Fact]
    public void Plan_ManyDue_GoesOnInRounds()
    {
        var settings = Minutely with { Missed = MissedPolicy.All, Rule = TickRule.Of(TimeSpan.FromSeconds(1), T0) };
        var plan = Plan(settings, T0, T0.AddSeconds(1000));
        plan.Decisions.Count.ShouldBe(SchedulePlanner.MaxTicks);
        plan.NextTick.ShouldBe(T0.AddSeconds(SchedulePlanner.MaxTicks));
        plan.NextFireAt.ShouldBe(plan.NextTick);
    }

    [Fact]
    public void Plan_YearsOfSecondsMissed_CountsToABound()
    {
        var plan = Plan(Minutely with { Rule = TickRule.Of(TimeSpan.FromSeconds(1), T0) }, T0, T0.AddYears(3));
        plan.Decisions[0].Ticks.ShouldBe(SchedulePlanner.MaxCounted);
        plan.Decisions[0].Reason.ShouldNotBeNull().ShouldStartWith("10000 ticks or more until ");
        plan.Decisions.Count.ShouldBe(62);
    }

    [Fact]
    public void Plan_AfterTheEnd_HasNoNextTick()
    {
        var rule = TickRule.Of(TimeSpan.FromMinutes(1), T0, endAt: T0.AddSeconds(30));
        ShouldBe(Plan(Minutely with { Rule = rule }, T0, T0.AddHours(1)), null, [(0, TickAction.Skip)]);
        ShouldBe(Plan(Minutely with { Rule = rule }, T0, T0), null, [(0, TickAction.Start)]);
    }

    [Theory]
    [InlineData(OverlapPolicy.Allow, false, false, TickAction.Start, TickAction.Start, TickAction.Start)]
    [InlineData(OverlapPolicy.Allow, true, true, TickAction.Start, TickAction.Start, TickAction.Start)]
    [InlineData(OverlapPolicy.Skip, false, false, TickAction.Start, TickAction.Skip, TickAction.Skip)]
    [InlineData(OverlapPolicy.Skip, true, false, TickAction.Skip, TickAction.Skip, TickAction.Skip)]
    [InlineData(OverlapPolicy.Skip, false, true, TickAction.Skip, TickAction.Skip, TickAction.Skip)]
    [InlineData(OverlapPolicy.Queue, false, false, TickAction.Start, TickAction.Wait, TickAction.Skip)]
    [InlineData(OverlapPolicy.Queue, true, false, TickAction.Wait, TickAction.Skip, TickAction.Skip)]
    [InlineData(OverlapPolicy.Queue, true, true, TickAction.Skip, TickAction.Skip, TickAction.Skip)]
    [InlineData(OverlapPolicy.Queue, false, true, TickAction.Skip, TickAction.Skip, TickAction.Skip)]
    [InlineData(OverlapPolicy.CancelOld, true, false, TickAction.Skip, TickAction.Skip, TickAction.Start)]
    public void Plan_ThreeDue_FollowTheOverlapPolicy(OverlapPolicy policy, bool active, bool waiting, params TickAction[] expected)
    {
        var settings = Minutely with { Overlap = policy, Grace = TimeSpan.FromHours(1) };
        var plan = SchedulePlanner.Plan(settings, T0, T0.AddMinutes(2), new RunsUnderWay(active, waiting));
        plan.Decisions.Select(decision => decision.Action).ShouldBe(expected);
        plan.Decisions.Where(decision => decision.Action is not TickAction.Start).ShouldAllBe(decision => decision.Reason != null);
        plan.Decisions[^1].CancelsOlder.ShouldBe(policy is OverlapPolicy.CancelOld);
    }

    [Fact]
    public void Plan_JitterLongerThanTheGap_MakesNoMoreTicksBeOnTime()
    {
        var settings = Minutely with { Jitter = TimeSpan.FromDays(1) };
        var plan = Plan(settings, T0, T0.AddDays(1));
        plan.Decisions[0].Action.ShouldBe(TickAction.Skip);
        plan.Decisions[0].Ticks.ShouldBeInRange(1438, 1439);
        plan.Decisions.Count(decision => decision.Action is TickAction.Start).ShouldBeInRange(1, 2);
    }

    [Fact]
    public void Plan_TickThatItsJitterHeldUntilTheOutage_IsOnTime()
    {
        var settings = Minutely with { Rule = TickRule.Of(TimeSpan.FromHours(1), T0), Jitter = TimeSpan.FromMinutes(50) };
        var fireAt = SchedulePlanner.FireAt(settings, T0)!.Value;
        (fireAt - T0).ShouldBeGreaterThan(TimeSpan.FromMinutes(5), "otherwise the jitter proves nothing here");
        Plan(settings, T0, fireAt.AddSeconds(60)).Decisions.ShouldHaveSingleItem().Action.ShouldBe(TickAction.Start);
        Plan(settings, T0, fireAt.AddSeconds(61)).Decisions.ShouldHaveSingleItem().Action.ShouldBe(TickAction.Skip);
    }

    /// <summary>Whatever the clock does and however long nobody looks: each tick once, in order, none left out.</summary>
    [Fact]
    public void Plan_AnyClockUnderAll_StartsEachTickOnce() =>
        Gen.Select(TickRuleTests.Rules(), Gen.Int[0, 3600], Gen.Int[-5_000, 20_000].List[1, 30]).Sample((rule, jitter, steps) =>
        {
            var settings = Minutely with
            {
                Rule = rule, Missed = MissedPolicy.All, MissedWindow = TimeSpan.FromDays(3000), Jitter = TimeSpan.FromSeconds(jitter),
            };
            var started = new List<DateTimeOffset>();
            var (now, latest, next) = (T0, T0, rule.NextAfter(T0));
            foreach (var step in steps)
            {
                now = now.AddSeconds(step);
                latest = now > latest ? now : latest;
                while (next is { } tick)
                {
                    var plan = SchedulePlanner.Plan(settings, tick, now, default);
                    plan.Decisions.ShouldAllBe(decision => decision.Action == TickAction.Start);
                    started.AddRange(plan.Decisions.Select(decision => decision.Tick));
                    next = plan.NextTick;
                    if (plan.NextFireAt is null || plan.NextFireAt > now)
                    {
                        break;
                    }
                }
            }

            started.ShouldBe(rule.Between(T0.AddTicks(1), latest.AddTicks(1))
                .TakeWhile(tick => SchedulePlanner.FireAt(settings, tick) <= latest));
        }, iter: 300);

    /// <summary>Under the other policies ticks may be skipped, but none twice, and never one that is on time.</summary>
    [Fact]
    public void Plan_AnyClockAndPolicy_DecidesTicksInOrderAndNoneOnTimeIsSkipped() =>
        Gen.Select(TickRuleTests.Rules(), Gen.Enum<MissedPolicy>(), Gen.Int[-5_000, 20_000].List[1, 30]).Sample((rule, policy, steps) =>
        {
            var settings = Minutely with { Rule = rule, Missed = policy, MissedWindow = TimeSpan.FromHours(1) };
            var (now, last, next) = (T0, T0, rule.NextAfter(T0));
            foreach (var step in steps)
            {
                now = now.AddSeconds(step);
                while (next is { } tick)
                {
                    var plan = SchedulePlanner.Plan(settings, tick, now, default);
                    foreach (var decision in plan.Decisions)
                    {
                        decision.Tick.ShouldBeGreaterThan(last);
                        (decision.Action is TickAction.Skip && decision.Tick >= now - settings.Grace).ShouldBeFalse();
                        last = decision.Tick;
                    }

                    next = plan.NextTick;
                    if (plan.NextFireAt is null || plan.NextFireAt > now)
                    {
                        break;
                    }
                }
            }
        }, iter: 300);

    private static SchedulePlan Plan(ScheduleSettings settings, DateTimeOffset nextTick, DateTimeOffset now) =>
        SchedulePlanner.Plan(settings, nextTick, now, default);

    private static void ShouldBe(SchedulePlan plan, DateTimeOffset? nextTick, (int Minute, TickAction Action)[] decisions)
    {
        plan.NextTick.ShouldBe(nextTick);
        plan.Decisions.Select(decision => ((int)(decision.Tick - T0).TotalMinutes, decision.Action)).ShouldBe(decisions);
    }
}
