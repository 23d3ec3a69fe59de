using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Periplon.Client.Queue;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Tests.Queue;

public sealed class AdmissionWindowTests
{
    private const int Size = 100;

    private static readonly TimeSpan Ageing = TimeSpan.FromSeconds(60);
    private static readonly StartClass A = new("a", "");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 30, TimeSpan.Zero));
    private readonly AdmissionWindow _window;

    public AdmissionWindowTests() => _window = new AdmissionWindow(Size, Ageing, _time);

    [Fact]
    public void WithdrawOverdue_OneThatWasCalledTwice_KeepsItsSecondInvitation()
    {
        var offer = Offer("a") with { ExecutionId = Guid.NewGuid() };
        _window.Invite(offer.ExecutionId, A, 0);
        _window.Hold(offer);
        _window.Release(offer);
        _time.Advance(AdmissionWindow.InvitationTimeout / 2);
        _window.Invite(offer.ExecutionId, A, 0);
        _time.Advance(AdmissionWindow.InvitationTimeout / 2);
        _window.WithdrawOverdue();
        _window.Knows(offer.ExecutionId).ShouldBeTrue("half of its time is left");
        _time.Advance(AdmissionWindow.InvitationTimeout / 2);
        _window.WithdrawOverdue();
        _window.Knows(offer.ExecutionId).ShouldBeFalse();
    }

    [Fact]
    public void Hold_OneThatWasCalledUnderAnotherClass_TakesTheRoomOfItsOwn()
    {
        // More than the share of a class were stored under the one without tags.
        foreach (var _ in Enumerable.Range(0, (Size / 2) + 10))
        {
            var offer = Offer("a") with { ExecutionId = Guid.NewGuid(), StartLane = "gpu" };
            _window.Invite(offer.ExecutionId, A, 0);
            _window.Hold(offer);
        }

        _window.HasRoomFor(A, 0).ShouldBeTrue();
        Come("a").ShouldNotBeNull("executions without tags are not kept out by those for other workers");
        _window.Count.ShouldBe((Size / 2) + 11);
    }

    [Fact]
    public void Admits_MoreThanItHolds_RefusesTheRestAndIsHungryOnceHalfIsGone()
    {
        var held = Enumerable.Range(0, Size).Select(_ => Come("a")).ToList();
        held.ShouldAllBe(offer => offer != null);
        Come("a").ShouldBeNull();
        _window.IsHungry.ShouldBeFalse();

        held.Take(49).ToList().ForEach(offer => _window.Release(offer!));
        _window.IsHungry.ShouldBeFalse();
        _window.Release(held[49]!);
        _window.Hungry().ShouldBe([A]);
    }

    [Fact]
    public void Admits_WhileTheDatabaseKeepsSome_RefusesNewcomersButThoseThatGoFirst()
    {
        Fill("a");
        Come("a").ShouldBeNull();
        _window.Release(Offer("a") with { ExecutionId = _last });
        Come("a").ShouldBeNull("it would overtake the one that was refused");
        Come("a", priority: 1).ShouldNotBeNull("it goes before all that wait");
    }

    [Fact]
    public void Admits_ManyUrgentOnes_AreBoundToo()
    {
        Fill("a");
        var urgent = Enumerable.Range(0, 3 * Size).Count(i => Come("a", priority: 1 + i) is not null);
        urgent.ShouldBe(Size);
        _window.Count.ShouldBe(2 * Size);
    }

    [Fact]
    public void Admits_RefusedUrgentOne_IsCalledBeforeTheWindowIsHalfEmpty()
    {
        Fill("a");
        Come("a").ShouldBeNull();
        _window.Hungry().ShouldBeEmpty();
        Come("a", priority: 1).ShouldNotBeNull();
        Enumerable.Range(0, Size).ToList().ForEach(_ => Come("a", priority: 1));
        Come("a", priority: 1).ShouldBeNull();
        _window.Hungry().ShouldBeEmpty("twice its share is full");
        foreach (var id in _ids.TakeLast(Size / 2))
        {
            _window.Release(Offer("a") with { ExecutionId = id });
        }

        _window.Hungry().ShouldBe([A]);
        _window.HasRoomFor(A, LevelOf(1)).ShouldBeTrue();
        _window.HasRoomFor(A, LevelOf(0)).ShouldBeFalse();
    }

    [Fact]
    public void Admits_OtherOrganizationOrTags_HaveTheirOwnShare()
    {
        Fill("a");
        Come("a").ShouldBeNull();
        Come("b").ShouldNotBeNull();
        Come("a", lane: "gpu").ShouldNotBeNull("work for absent workers must not keep other work out");
        Come("a").ShouldBeNull();
    }

    [Fact]
    public void Admits_FurtherOfferOfAnExecutionThatIsIn_IsTaken()
    {
        Fill("a");
        Come("a").ShouldBeNull();
        _window.Admits(Offer("a") with { ExecutionId = _last, Task = "second" }).ShouldBeTrue();
    }

    [Fact]
    public void Release_OneOfTwoOffers_KeepsTheExecutionsPlace()
    {
        var first = Come("a")!;
        _window.Hold(first with { Task = "second" });
        _window.Release(first);
        _window.Knows(first.ExecutionId).ShouldBeTrue();
        _window.Release(first);
        _window.Knows(first.ExecutionId).ShouldBeFalse();
        _window.Release(first);
        _window.Count.ShouldBe(0);
    }

    [Fact]
    public void Invite_ExecutionThatDoesNotCome_GivesItsPlaceBackInTime()
    {
        var (comes, stays) = (Guid.NewGuid(), Guid.NewGuid());
        _window.Invite(comes, A, 0);
        _window.Invite(stays, A, 0);
        _window.Admits(Offer("a") with { ExecutionId = comes }).ShouldBeTrue();
        _window.Hold(Offer("a") with { ExecutionId = comes });
        _time.Advance(AdmissionWindow.InvitationTimeout);
        _window.WithdrawOverdue();
        (_window.Knows(comes), _window.Knows(stays)).ShouldBe((true, false));
    }

    [Fact]
    public void EndRead_NothingLeft_TakesNewcomersAgain()
    {
        Fill("a");
        Come("a").ShouldBeNull();
        Leave(Size);
        _window.EndRead(A, null, _window.BeginRead(A));
        _window.IsHungry.ShouldBeFalse();
        Come("a").ShouldNotBeNull();
    }

    [Fact]
    public void EndRead_RefusedMeanwhile_IsReadAgain()
    {
        Fill("a");
        Come("a").ShouldBeNull();
        var mark = _window.BeginRead(A);
        Come("a").ShouldBeNull();
        Leave(Size);
        _window.EndRead(A, null, mark);
        _window.Hungry().ShouldBe([A], "the read may have been past its place");
    }

    [Fact]
    public void Suspect_ClassWithoutAnyInMemory_IsReadOnceAndTakesNewcomersMeanwhile()
    {
        _window.Suspect(A);
        _window.Hungry().ShouldBe([A]);
        Come("a").ShouldNotBeNull();
        _window.EndRead(A, null, _window.BeginRead(A));
        _window.IsHungry.ShouldBeFalse();
    }

    [Fact]
    public void AnyComings_NeverMoreThanTwiceTheSharesAndNothingIsForgotten() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[-3, 3], Gen.Int[0, 5]).Array[1, 400].Sample(steps =>
        {
            var window = new AdmissionWindow(20, Ageing, _time);
            var rows = new Dictionary<Guid, TaskOffer>();
            foreach (var (organization, priority, act) in steps)
            {
                var offer = Offer($"o{organization}") with { ExecutionId = Guid.NewGuid(), Priority = priority };
                rows.Add(offer.ExecutionId, offer);
                if (window.Admits(offer))
                {
                    window.Hold(offer);
                }

                if (act == 0 && rows.Values.FirstOrDefault(row => window.Knows(row.ExecutionId)) is { } started)
                {
                    window.Release(started);
                    rows.Remove(started.ExecutionId);
                }

                window.Count.ShouldBeLessThanOrEqualTo(5 * 2 * 20);
            }

            // Workers come: what is in memory starts, and what the window is hungry for is read, until nothing is left.
            for (var round = 0; rows.Count > 0; round++)
            {
                round.ShouldBeLessThan(1_000, $"{rows.Count} rows are left that nobody calls");
                foreach (var row in rows.Values.Where(row => window.Knows(row.ExecutionId)).Take(3).ToList())
                {
                    window.Release(row);
                    rows.Remove(row.ExecutionId);
                }

                foreach (var hungry in window.Hungry())
                {
                    var mark = window.BeginRead(hungry);
                    var left = rows.Values.Where(row => row.Organization == hungry.Organization && !window.Knows(row.ExecutionId))
                        .OrderBy(row => OfferRank.Of(row, Ageing, 0)).ToList();
                    var called = left.TakeWhile(row => CallIn(window, hungry, row)).Count();
                    window.EndRead(hungry, called < left.Count ? LevelOf(left[called].Priority) : null, mark);
                }
            }

            window.Count.ShouldBe(0);
        }, iter: 200);

    private readonly List<Guid> _ids = [];
    private Guid _last;

    private static bool CallIn(AdmissionWindow window, StartClass startClass, TaskOffer row)
    {
        var level = OfferRank.LevelOf(row.Priority, row.ScheduledAt, Ageing);
        if (!window.HasRoomFor(startClass, level))
        {
            return false;
        }

        window.Invite(row.ExecutionId, startClass, level);
        window.Admits(row).ShouldBeTrue();
        window.Hold(row);
        return true;
    }

    private void Fill(string organization)
    {
        for (var i = 0; i < Size; i++)
        {
            Come(organization).ShouldNotBeNull();
        }
    }

    private void Leave(int count)
    {
        foreach (var id in _ids.Take(count))
        {
            _window.Release(Offer("a") with { ExecutionId = id });
        }
    }

    private TaskOffer? Come(string organization, int priority = 0, string lane = "")
    {
        var offer = Offer(organization) with { ExecutionId = Guid.NewGuid(), Priority = priority, StartLane = lane };
        if (!_window.Admits(offer))
        {
            return null;
        }

        _window.Hold(offer);
        _ids.Add(_last = offer.ExecutionId);
        return offer;
    }

    private long LevelOf(int priority) => OfferRank.LevelOf(priority, _time.GetUtcNow(), Ageing);

    private TaskOffer Offer(string organization) => new()
    {
        ExecutionId = Guid.Empty, Task = "a", Attempt = 1, Organization = organization, StartLane = "", ScheduledAt = _time.GetUtcNow(),
    };
}
