using CsCheck;
using Periplon.Core.Limits;

namespace Periplon.Core.Tests.Limits;

public sealed class RateLimitTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Reserve_MoreThanTheLimit_StartWhenThePeriodOfTheFirstIsOver()
    {
        var limit = new RateLimit([]);
        Enumerable.Range(0, 5).Select(n => (limit.Reserve(Holder(n), 2, Minute, Start.AddSeconds(n)) - Start).TotalSeconds)
            .ShouldBe([0, 1, 60, 61, 120]);
    }

    [Fact]
    public void Reserve_SameHolderAgain_GetsTheSameTime()
    {
        var limit = new RateLimit([]);
        limit.Reserve(Holder(0), 1, Minute, Start);
        var second = limit.Reserve(Holder(1), 1, Minute, Start);
        limit.Reserve(Holder(1), 1, Minute, Start.AddSeconds(5)).ShouldBe(second);
        limit.Reserve(Holder(2), 1, Minute, Start).ShouldBe(Start.AddMinutes(2));
    }

    [Fact]
    public void Reserve_SameHolderWhenItsTimeIsLongPast_StandsInLineAgain()
    {
        var limit = new RateLimit([]);
        var second = TimeSpan.FromSeconds(1);
        var late = Start.AddSeconds(60);
        var times = Enumerable.Range(0, 30).Select(n => limit.Reserve(Holder(n), 1, second, Start)).ToList();
        times[^1].ShouldBe(Start.AddSeconds(29));
        Enumerable.Range(0, 30).Select(n => limit.Reserve(Holder(n), 1, second, late)).ShouldBe(
            Enumerable.Range(0, 30).Select(n => late.AddSeconds(n)));
        limit.Reserve(Holder(0), 1, second, late + RateLimit.GraceOf(second)).ShouldBe(late, "it may still be used");
    }

    [Fact]
    public void Return_StartToCome_GoesToTheNextWhoAsks()
    {
        var limit = new RateLimit([]);
        Enumerable.Range(0, 3).ToList().ForEach(n => limit.Reserve(Holder(n), 1, Minute, Start));
        limit.Return(Holder(1), Start.AddSeconds(10));
        limit.NextFor(1, Minute, Start.AddSeconds(10)).ShouldBe(Start.AddMinutes(1));
        limit.Reserve(Holder(3), 1, Minute, Start.AddSeconds(10)).ShouldBe(Start.AddMinutes(1));
        limit.Reserve(Holder(4), 1, Minute, Start.AddSeconds(10)).ShouldBe(Start.AddMinutes(3));
        limit.Reserve(Holder(1), 1, Minute, Start.AddSeconds(10)).ShouldBe(Start.AddMinutes(4), "it gave its own away");
    }

    [Fact]
    public void Return_StartNobodyTookInTime_CountsForNobody()
    {
        var limit = new RateLimit([]);
        limit.Reserve(Holder(0), 1, Minute, Start);
        limit.Reserve(Holder(1), 1, Minute, Start);
        limit.Return(Holder(1), Start.AddSeconds(10));
        limit.Reserve(Holder(2), 1, Minute, Start.AddSeconds(70)).ShouldBe(Start.AddSeconds(70));
    }

    [Fact]
    public void Return_StartThatHasBeenOrIsUnknown_ChangesNothing()
    {
        var limit = new RateLimit([]);
        limit.Reserve(Holder(0), 1, Minute, Start);
        limit.Return(Holder(0), Start);
        limit.Return(Holder(9), Start);
        limit.Reserve(Holder(1), 1, Minute, Start).ShouldBe(Start.AddMinutes(1));
        limit.Count(Start.AddSeconds(1), Minute).ShouldBe((1, 1));
    }

    [Fact]
    public void AnyAskersThatGiveUp_NeverMoreThanTheLimitInAPeriodAndNothingIsLost() =>
        Gen.Select(Gen.Int[0, 20_000], Gen.Int[0, 3], Gen.Int[0, 30], Gen.Int[1, 2]).Array[3, 60].Sample(
            steps =>
            {
                var (now, limit, who) = (Start, new RateLimit([]), 0);
                var starts = new Dictionary<LimitHolder, DateTimeOffset>();
                foreach (var (wait, act, which, most) in steps)
                {
                    now = now.AddMilliseconds(wait);
                    if (act == 0 && starts.ElementAtOrDefault(which) is { Key: { } holder } given && given.Value > now)
                    {
                        limit.Return(holder, now);
                        starts.Remove(holder);
                        continue;
                    }

                    starts[Holder(who)] = limit.Reserve(Holder(who++), act == 1 ? most : 3, Minute, now);
                }

                var times = starts.Values.Order().ToList();
                for (var n = 3; n < times.Count; n++)
                {
                    (times[n] - times[n - 3]).ShouldBeGreaterThanOrEqualTo(Minute);
                }
            },
            iter: 2_000);

    [Fact]
    public void Reserve_AfterAQuietPeriod_StartsNow()
    {
        var limit = new RateLimit([]);
        limit.Reserve(Holder(0), 1, Minute, Start);
        limit.Reserve(Holder(1), 1, Minute, Start.AddHours(1)).ShouldBe(Start.AddHours(1));
        limit.Store().ShouldHaveSingleItem().At.ShouldBe(Start.AddHours(1), "what is long over is forgotten");
    }

    [Fact]
    public void Store_HighRate_NeedsAWriteForABlockOfStartsOnly()
    {
        var limit = new RateLimit([]);
        var writes = 0;
        for (var n = 0; n < 10_000; n++)
        {
            limit.Reserve(Holder(n), 10_000, Minute, Start);
            if (limit.MustStore)
            {
                limit.Store().Count.ShouldBeLessThan(200);
                writes++;
            }
        }

        writes.ShouldBeLessThanOrEqualTo(50);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(200)]
    public void AnyAskersAndCrashes_NeverMoreThanTheLimitInAPeriod(int most) =>
        Gen.Select(Gen.Int[0, 4000], Gen.Int[0, 20]).Array[most, 3 * most].Sample(
            steps =>
            {
                var (now, limit, who) = (Start, new RateLimit([]), 0);
                IReadOnlyList<RateStarts> stored = [];
                List<DateTimeOffset> starts = [];
                foreach (var (wait, chance) in steps)
                {
                    now = now.AddMilliseconds(wait);
                    if (chance == 0)
                    {
                        limit = new RateLimit(stored);
                    }

                    var at = limit.Reserve(Holder(who++), most, Minute, now);
                    stored = limit.MustStore ? limit.Store() : stored;
                    at.ShouldBeGreaterThanOrEqualTo(now);
                    starts.Add(at);
                }

                starts.SequenceEqual(starts.Order()).ShouldBeTrue("first come, first served");
                for (var n = most; n < starts.Count; n++)
                {
                    (starts[n] - starts[n - most]).ShouldBeGreaterThanOrEqualTo(Minute);
                }
            },
            iter: 100);

    private static LimitHolder Holder(int who) => new(Guid.Parse($"00000000-0000-0000-0000-{who:D12}"), "a", Start);
}
