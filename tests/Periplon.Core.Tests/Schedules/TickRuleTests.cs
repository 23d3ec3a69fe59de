using CsCheck;
using Periplon.Core.Schedules;

namespace Periplon.Core.Tests.Schedules;

public sealed class TickRuleTests
{
    private static readonly DateTimeOffset T0 = new(2026, 3, 28, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] _crons =
        ["* * * * *", "*/20 * * * * *", "30 2 * * *", "*/30 1-3 * * *", "0 0 * * MON", "15 1 L * *", "0 12 1 */2 *", "0 0 29 2 *"];

    private static readonly string[] _zones =
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"];

    [Fact]
    public void Interval_TicksEvenlyAroundItsAnchor()
    {
        var rule = TickRule.Of(TimeSpan.FromMinutes(7), T0);
        rule.NextAfter(T0).ShouldBe(T0.AddMinutes(7));
        rule.NextAfter(T0.AddMinutes(8)).ShouldBe(T0.AddMinutes(14));
        rule.NextAfter(T0.AddMinutes(-8)).ShouldBe(T0.AddMinutes(-7));
        rule.LastUntil(T0.AddSeconds(-1)).ShouldBe(T0.AddMinutes(-7));
        rule.LastUntil(T0).ShouldBe(T0);
        rule.NextAfter(DateTimeOffset.MaxValue).ShouldBeNull();
    }

    [Fact]
    public void Bounds_BothBelongToTheRange()
    {
        var rule = TickRule.Of(TimeSpan.FromMinutes(10), T0, T0.AddMinutes(20), T0.AddMinutes(40));
        rule.NextAfter(T0).ShouldBe(T0.AddMinutes(20));
        rule.NextAfter(T0.AddMinutes(30)).ShouldBe(T0.AddMinutes(40));
        rule.NextAfter(T0.AddMinutes(40)).ShouldBeNull();
        rule.LastUntil(T0.AddMinutes(19)).ShouldBeNull();
        rule.LastUntil(T0.AddHours(9)).ShouldBe(T0.AddMinutes(40));
        rule.Between(T0, T0.AddMinutes(40)).ShouldBe([T0.AddMinutes(20), T0.AddMinutes(30)]);
    }

    [Fact]
    public void NextAfter_StepByStep_RisesAndAgreesWithLastUntil() =>
        Gen.Select(Rules(), Gen.Int[0, 400 * 86400]).Sample((rule, seconds) =>
        {
            var at = T0.AddSeconds(seconds);
            for (var i = 0; i < 5; i++)
            {
                var next = rule.NextAfter(at);
                if (next is null)
                {
                    return;
                }

                next.Value.ShouldBeGreaterThan(at);
                rule.LastUntil(next.Value).ShouldBe(next);
                rule.NextAfter(next.Value.AddTicks(-1)).ShouldBe(next);
                if (rule.LastUntil(next.Value.AddTicks(-1)) is { } before)
                {
                    before.ShouldBeLessThanOrEqualTo(at);
                    rule.NextAfter(before).ShouldBe(next);
                }

                at = next.Value;
            }
        });

    [Fact]
    public void FireAt_AnyJitter_StaysBeforeTheNextTickAndIsAlwaysTheSame() =>
        Gen.Select(Rules(), Gen.Guid, Gen.Int[0, 400 * 86400], Gen.Int[0, 7200]).Sample((rule, schedule, seconds, jitter) =>
        {
            if (rule.NextAfter(T0.AddSeconds(seconds)) is not { } tick)
            {
                return;
            }

            var fire = TickJitter.FireAt(rule, schedule, tick, TimeSpan.FromSeconds(jitter));
            fire.ShouldBeGreaterThanOrEqualTo(tick);
            fire.ShouldBeLessThanOrEqualTo(tick.AddSeconds(jitter));
            (rule.NextAfter(tick) is { } next && next <= fire).ShouldBeFalse();
            TickJitter.FireAt(rule, schedule, tick, TimeSpan.FromSeconds(jitter)).ShouldBe(fire);
        });

    [Fact]
    public void FireAt_ManySchedulesOnOneTick_AreSpread()
    {
        var rule = TickRule.Of(CronScheduleTests.Parse("0 * * * *"), TimeZoneInfo.Utc);
        var fires = Enumerable.Range(0, 1000)
            .Select(i => TickJitter.FireAt(rule, new Guid(i, 0, 0, new byte[8]), T0, TimeSpan.FromSeconds(100)) - T0)
            .ToList();
        for (var tenth = 0; tenth < 10; tenth++)
        {
            fires.Count(fire => (int)(fire.TotalSeconds / 10) == tenth).ShouldBeInRange(60, 140);
        }
    }

    [Fact]
    public void FireAt_OfAKnownTick_NeverChangesBetweenVersions()
    {
        var rule = TickRule.Of(TimeSpan.FromHours(1), T0);
        var schedule = new Guid("0198c0de-0000-7000-8000-000000000001");
        (TickJitter.FireAt(rule, schedule, T0, TimeSpan.FromMinutes(30)) - T0).TotalMilliseconds.ShouldBe(KnownDelay);
    }

    [Fact]
    public void Between_FromTheBeginningOfTime_GivesTheFirstTicksThereAre()
    {
        foreach (var rule in new[]
        {
            TickRule.Of(TimeSpan.FromHours(1), T0, startAt: DateTimeOffset.MinValue),
            TickRule.Of(CronScheduleTests.Parse("0 * * * *"), TimeZoneInfo.Utc, startAt: DateTimeOffset.MinValue.AddDays(3)),
        })
        {
            rule.Between(DateTimeOffset.MinValue, DateTimeOffset.MinValue.AddDays(4)).Take(3).Count().ShouldBe(3);
        }
    }

    private const double KnownDelay = 720_110;

    internal static Gen<TickRule> Rules() => Gen.OneOf(
        Gen.Select(Gen.Int[0, _crons.Length - 1], Gen.Int[0, _zones.Length - 1]).Select(pair =>
            TickRule.Of(CronScheduleTests.Parse(_crons[pair.Item1]), TimeZoneInfo.FindSystemTimeZoneById(_zones[pair.Item2]))),
        Gen.Select(Gen.Int[1, 100_000], Gen.Int[-100_000, 100_000]).Select(pair =>
            TickRule.Of(TimeSpan.FromSeconds(pair.Item1), T0.AddSeconds(pair.Item2))));
}
