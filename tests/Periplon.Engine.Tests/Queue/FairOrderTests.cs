using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Periplon.Client.Queue;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Tests.Queue;

/// <summary>Who comes when: organizations in turns, priorities with age counted in, and nobody never.</summary>
public sealed class FairOrderTests
{
    private static readonly TimeSpan Ageing = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 30, TimeSpan.Zero));
    private readonly OfferQueue _queue;
    private int _tasks;

    public FairOrderTests() => _queue = new OfferQueue(_time, Ageing);

    [Fact]
    public void Take_OneOrganizationWithManyAndOneWithOne_TheOneComesSecond()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _queue.Add(Offer("big") with { Priority = 9 });
        }

        _queue.Take(100, []);
        _queue.Add(Offer("small"));
        _queue.Take(2, []).Select(offer => offer.Organization).ShouldContain("small");
    }

    [Fact]
    public void Take_ThreeOrganizations_ShareEquallyWhateverTheyAsk()
    {
        for (var i = 0; i < 300; i++)
        {
            _queue.Add(Offer("a") with { Priority = 100 });
            _queue.Add(Offer("b"));
            _queue.Add(Offer("c") with { Priority = -100 });
        }

        _queue.Take(90, []).CountBy(offer => offer.Organization).ToDictionary()
            .ShouldBe(new Dictionary<string, int> { ["a"] = 30, ["b"] = 30, ["c"] = 30 }, ignoreOrder: true);
    }

    [Fact]
    public void Take_OrganizationThatAsksOneByOne_GetsNoMoreThanItsShare()
    {
        for (var i = 0; i < 100; i++)
        {
            _queue.Add(Offer("patient"));
        }

        var taken = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            if (taken.LastOrDefault() != "patient")
            {
                _queue.Add(Offer("eager"));
            }

            taken.AddRange(_queue.Take(1, []).Select(offer => offer.Organization));
        }

        taken.Count(organization => organization == "patient").ShouldBeInRange(19, 21);
    }

    [Fact]
    public void Take_OrganizationThatWasAwayForLong_HasNothingSavedUp()
    {
        for (var i = 0; i < 100; i++)
        {
            _queue.Add(Offer("busy"));
        }

        _queue.Take(50, []);
        for (var i = 0; i < 50; i++)
        {
            _queue.Add(Offer("back"));
        }

        _queue.Take(20, []).Count(offer => offer.Organization == "busy").ShouldBeInRange(9, 11);
    }

    [Fact]
    public void Take_WorkForAbsentWorkers_DoesNotKeepAShareForTheRest()
    {
        for (var i = 0; i < 100; i++)
        {
            _queue.Add(Offer("gpu") with { Tags = ["gpu"] });
            _queue.Add(Offer("cpu"));
        }

        _queue.Take(60, []).ShouldAllBe(offer => offer.Organization == "cpu");
        for (var i = 0; i < 50; i++)
        {
            _queue.Add(Offer("gpu"));
        }

        _queue.Take(20, []).Count(offer => offer.Organization == "cpu").ShouldBeInRange(9, 11);
    }

    [Fact]
    public void Take_LongWaitAtALowPriority_BeatsTheNextHigherOnesThatCameLater()
    {
        _queue.Add(Offer("a", "old"));
        _time.Advance(Ageing);
        _queue.Add(Offer("a", "higher by one") with { Priority = 1 });
        _queue.Add(Offer("a", "higher by two") with { Priority = 2 });
        Taken(3).ShouldBe(["higher by two", "old", "higher by one"]);
    }

    [Fact]
    public void Take_HigherPrioritiesKeepComing_TheLowestComesWhenItHasAgedEnough()
    {
        _queue.Add(Offer("a", "lowest") with { Priority = -5 });
        _queue.Add(Offer("a"));
        var rounds = 0;
        for (; Taken(1) is not ["lowest"]; rounds++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            _queue.Add(Offer("a"));
        }

        // Five steps of a minute, and the part of a step in which each came.
        (rounds * 10).ShouldBeInRange(240, 370);
    }

    [Fact]
    public void AnyWork_IsHandedOutOnceInOrderAndNobodyStarves() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[-2, 2], Gen.Int[0, 2], Gen.Int[0, 40], Gen.Int[0, 3]).Array[1, 200].Sample(steps =>
        {
            var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 30, TimeSpan.Zero));
            var queue = new OfferQueue(time, Ageing);
            var (added, taken) = (new List<TaskOffer>(), new List<TaskOffer>());
            var passed = new Dictionary<string, int>();
            foreach (var (organization, priority, taskPriority, wait, take) in steps)
            {
                var offer = new TaskOffer
                {
                    ExecutionId = Guid.NewGuid(), Task = $"t{added.Count}", Attempt = 1, Organization = $"o{organization}",
                    Priority = priority, TaskPriority = taskPriority, ScheduledAt = time.GetUtcNow(),
                };
                queue.Add(offer).ShouldBeTrue();
                added.Add(offer);
                time.Advance(TimeSpan.FromSeconds(wait));
                for (var i = 0; i < take && queue.Count > 0; i++)
                {
                    var next = queue.Take(1, []).ShouldHaveSingleItem();
                    var waiting = added.Where(o => taken.All(t => t.Task != o.Task)).ToList();
                    taken.Add(next);

                    // Nobody of the same organization had a better rank.
                    var best = waiting.Where(o => o.Organization == next.Organization)
                        .OrderBy(o => OfferRank.Of(o, Ageing, added.IndexOf(o))).First();
                    next.Task.ShouldBe(best.Task);

                    // Whoever waits is passed at most once by each of the others, and once more by who had fallen behind.
                    foreach (var other in waiting.Select(o => o.Organization).Distinct().Where(o => o != next.Organization))
                    {
                        passed[other] = passed.GetValueOrDefault(other) + 1;
                        passed[other].ShouldBeLessThanOrEqualTo(2 * 3);
                    }

                    passed[next.Organization] = 0;
                }
            }

            taken.AddRange(queue.Take(int.MaxValue / 2, []));
            taken.Select(offer => offer.Task).Order().ShouldBe(added.Select(offer => offer.Task).Order());
            queue.Count.ShouldBe(0);
        }, iter: 300);

    private List<string> Taken(int max) => [.. _queue.Take(max, []).Select(offer => offer.Task)];

    private TaskOffer Offer(string organization, string? task = null) => new()
    {
        ExecutionId = Guid.NewGuid(), Task = task ?? $"t{++_tasks}", Attempt = 1, Organization = organization,
        ScheduledAt = _time.GetUtcNow(),
    };
}
