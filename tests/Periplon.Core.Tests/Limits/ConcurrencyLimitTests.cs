using CsCheck;
using Periplon.Core.Limits;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Limits;

public sealed class ConcurrencyLimitTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ask_PlaceIsFree_IsGrantedAndAgainTheSame()
    {
        var first = ConcurrencyLimit.Empty.Ask(Holder(0), 1, LimitStrategy.Queue);
        first.Answer.ShouldBe(LimitAnswer.Granted);
        first.Granted.ShouldBeEmpty("the answer says it");
        var again = first.Next.Ask(Holder(0), 1, LimitStrategy.Queue);
        again.Answer.ShouldBe(LimitAnswer.Granted);
        again.Next.Holders.ShouldBe([Holder(0)]);
    }

    [Fact]
    public void Release_OthersWait_ServesTheOneThatAskedFirst()
    {
        var limit = Take(0).Ask(Holder(2), 1, LimitStrategy.Queue).Next.Ask(Holder(1), 1, LimitStrategy.Queue).Next;
        var step = limit.Release(Holder(0));
        step.Granted.ShouldBe([Holder(1)]);
        step.Next.Waiters.ShouldBe([Holder(2)]);
    }

    [Fact]
    public void Ask_Reject_IsRefusedWhenNoPlaceIsFree()
    {
        var step = Take(0).Ask(Holder(1), 1, LimitStrategy.Reject);
        step.Answer.ShouldBe(LimitAnswer.Refused);
        step.Next.Waiters.ShouldBeEmpty();
        Take(0).Release(Holder(0)).Next.Ask(Holder(1), 1, LimitStrategy.Reject).Answer.ShouldBe(LimitAnswer.Granted);
    }

    [Fact]
    public void Ask_CancelOldest_StopsTheOldestAndTakesItsPlaceOnceItIsFree()
    {
        var limit = Take(0, 1);
        var step = limit.Ask(Holder(2), 2, LimitStrategy.CancelOldest);
        step.Answer.ShouldBe(LimitAnswer.Waiting);
        step.ToStop.ShouldBe([Holder(0)]);
        step.Next.Ask(Holder(2), 2, LimitStrategy.CancelOldest).ToStop.ShouldBe([Holder(0)], "the first message may have been lost");
        step.Next.Ask(Holder(3), 2, LimitStrategy.CancelOldest).ToStop.ShouldBe([Holder(1)]);
        step.Next.Release(Holder(0)).Granted.ShouldBe([Holder(2)]);
        step.Next.Release(Holder(2)).Next.Waiters.ShouldBeEmpty();
    }

    [Fact]
    public void Ask_OtherLimit_TheNewestAskerDecides()
    {
        var limit = Take(0).Ask(Holder(1), 1, LimitStrategy.Queue).Next;
        var raised = limit.Ask(Holder(2), 3, LimitStrategy.Queue);
        raised.Answer.ShouldBe(LimitAnswer.Granted);
        raised.Granted.ShouldBe([Holder(1)]);
        raised.Next.Ask(Holder(1), 1, LimitStrategy.Queue).Next.Limit.ShouldBe(3, "an older asker repeats itself");
        raised.Next.Ask(Holder(3), 1, LimitStrategy.Queue).Answer.ShouldBe(LimitAnswer.Waiting);
    }

    [Fact]
    public void Release_OfAnEarlierPlaceOfTheSameTask_DoesNotTakeTheNewOne()
    {
        var late = Holder(0) with { AskedAt = Start.AddSeconds(50) };
        var limit = Take(0).Release(Holder(0)).Next.Ask(late, 1, LimitStrategy.Queue).Next;
        limit.Release(Holder(0)).Next.Holders.ShouldBe([late]);
    }

    [Fact]
    public void AnyRequests_NeverMoreThanTheLimitAndNobodyIsForgotten() =>
        Gen.Select(Gen.Int[1, 3], Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3]).Array[0, 60]).Sample((limit, requests) =>
        {
            var state = ConcurrencyLimit.Empty;
            HashSet<LimitHolder> inside = [];
            foreach (var (who, what) in requests)
            {
                var holder = Holder(who);
                var before = state;
                var strategy = (LimitStrategy)Math.Min(what, 2);
                var step = what == 3 ? state.Release(holder) : state.Ask(holder, limit, strategy);
                state = step.Next;
                if (step.Answer is LimitAnswer.Granted or LimitAnswer.Waiting)
                {
                    inside.Add(holder);
                }
                else if (step.Answer is LimitAnswer.Released)
                {
                    inside.Remove(holder);
                }

                state.Holders.Count.ShouldBeLessThanOrEqualTo(limit);
                state.Holders.Union(state.Waiters).SetEquals(inside).ShouldBeTrue("who asked is in a place or in the queue");
                (state.Holders.Count == limit || state.Waiters.IsEmpty).ShouldBeTrue("nobody waits beside a free place");
                step.Granted.ShouldBe(before.Waiters.Except([holder]).Take(step.Granted.Count), "the first in the queue are served first");
                step.ToStop.ShouldAllBe(stopped => state.Holders.Contains(stopped));
                state.Stopping.Count.ShouldBeLessThanOrEqualTo(limit);
            }
        });

    private static ConcurrencyLimit Take(params int[] holders) => holders.Aggregate(
        ConcurrencyLimit.Empty, (limit, who) => limit.Ask(Holder(who), holders.Length, LimitStrategy.Queue).Next);

    private static LimitHolder Holder(int who) => new(Guid.Parse($"00000000-0000-0000-0000-{who:D12}"), "a", Start.AddSeconds(who));
}
