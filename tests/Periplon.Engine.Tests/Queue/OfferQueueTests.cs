using Microsoft.Extensions.Time.Testing;
using Periplon.Client.Queue;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Tests.Queue;

public sealed class OfferQueueTests
{
    private static readonly Guid Execution = Guid.Parse("019aaaaa-0000-7000-8000-000000000001");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 30, TimeSpan.Zero));
    private readonly OfferQueue _queue;

    public OfferQueueTests() => _queue = new OfferQueue(_time, TimeSpan.FromSeconds(60));

    [Fact]
    public void Take_ManyOffers_GivesReturnedThenExecutionPriorityThenTaskPriorityThenAge()
    {
        var older = _time.GetUtcNow().AddSeconds(-10);
        _queue.Add(Offer("last"));
        _queue.Add(Offer("arrived after it"));
        _queue.Add(Offer("older") with { ScheduledAt = older });
        _queue.Add(Offer("better task") with { TaskPriority = -1 });
        _queue.Add(Offer("better execution") with { Priority = 5, TaskPriority = 9 });
        _queue.Add(Offer("returned") with { Returned = true, Priority = -5 });

        Taken(10).ShouldBe(["returned", "better execution", "better task", "older", "last", "arrived after it"]);
    }

    [Fact]
    public void Take_WorkerThatCanStartNoProcess_GetsWorkThatStartsNone()
    {
        _queue.Add(Offer("process") with { IsProcess = true });
        _queue.HasWorkFor([WorkerMarks.NoProcess]).ShouldBeFalse();
        _queue.Add(Offer("other"));
        _queue.HasWorkFor([WorkerMarks.NoProcess]).ShouldBeTrue();
        _queue.Take(10, [WorkerMarks.NoProcess]).Select(offer => offer.Task).ShouldBe(["other"]);
        Taken(10).ShouldBe(["process"]);
    }

    [Fact]
    public void Take_MoreThanThereIs_GivesWhatThereIsAndNoMoreThanWasAsked()
    {
        _queue.Add(Offer("a"));
        _queue.Add(Offer("b"));
        Taken(1).ShouldBe(["a"]);
        _queue.Count.ShouldBe(1);
        Taken(10).ShouldBe(["b"]);
        Taken(10).ShouldBeEmpty();
        _queue.Taken.ShouldBe(2);
    }

    [Fact]
    public void Take_OfferWithTags_GoesOnlyToAWorkerThatCarriesThemAll()
    {
        _queue.Add(Offer("gpu") with { Tags = ["gpu", "linux"], Priority = 9 });
        _queue.Add(Offer("any"));

        _queue.HasWorkFor(["linux"]).ShouldBeTrue();
        Taken(10, "linux").ShouldBe(["any"]);
        _queue.HasWorkFor(["linux"]).ShouldBeFalse();
        Taken(10, "linux", "gpu", "big").ShouldBe(["gpu"]);
    }

    [Fact]
    public void Take_SameTagsInAnotherOrder_ShareTheirOrder()
    {
        _queue.Add(Offer("a") with { Tags = ["x", "y"] });
        _queue.Add(Offer("b") with { Tags = ["y", "x"], Priority = 1 });
        Taken(2, "x", "y").ShouldBe(["b", "a"]);
    }

    [Fact]
    public void Add_WaitingOfferWithOtherTags_TakesThePlaceOfTheOldOne()
    {
        _queue.Add(Offer("a") with { Tags = ["gpu"], Returned = true });
        _queue.Add(Offer("b") with { Tags = ["gpu"] });
        _queue.Add(Offer("a")).ShouldBeTrue("its execution was moved to a revision without the tag");
        _queue.Add(Offer("b")).ShouldBeTrue();
        _queue.Count.ShouldBe(2);
        _queue.HasWorkFor([]).ShouldBeTrue();
        Taken(10).ShouldBe(["a", "b"], "what was returned goes first there, too");
        Taken(10, "gpu").ShouldBeEmpty();
    }

    [Fact]
    public void Add_KnownOffer_IsRefusedWhileItWaitsAndWhileItIsTaken()
    {
        _queue.Add(Offer("a")).ShouldBeTrue();
        _queue.Add(Offer("a")).ShouldBeFalse();
        var taken = _queue.Take(1, []).ShouldHaveSingleItem();
        _queue.Add(Offer("a")).ShouldBeFalse();
        _queue.Done([taken.Ticket]);
        _queue.Count.ShouldBe(1, "it was offered anew meanwhile");
        _queue.Done([_queue.Take(1, []).ShouldHaveSingleItem().Ticket]);
        _queue.Add(Offer("a")).ShouldBeTrue();
        _queue.Add(Offer("a") with { Attempt = 2 }).ShouldBeTrue();
    }

    [Fact]
    public void Add_AttemptReturnedWhileItsFirstHandOutIsOpen_GoesOutAtOnce()
    {
        // The worker died after the claim and before it said that the ticket is done.
        _queue.Add(Offer("a"));
        var first = _queue.Take(1, []).ShouldHaveSingleItem();
        _queue.Add(Offer("a") with { Returned = true }).ShouldBeTrue();
        var second = _queue.Take(1, []).ShouldHaveSingleItem();

        second.Ticket.ShouldNotBe(first.Ticket);
        _queue.Done([first.Ticket]);
        _queue.Add(Offer("a") with { Returned = true }).ShouldBeFalse("the second hand-out is still open");
        _time.Advance(OfferQueue.TicketTimeout);
        _queue.ReturnOverdue().ShouldBe(1);
    }

    [Fact]
    public void Done_UnknownTicket_ChangesNothing()
    {
        _queue.Add(Offer("a"));
        _queue.Done([1, 99, -1]);
        Taken(1).ShouldBe(["a"]);
        _queue.Done([99]);
        _queue.Add(Offer("a")).ShouldBeFalse();
    }

    [Fact]
    public void ReturnOverdue_TicketInTime_StaysOut()
    {
        _queue.Add(Offer("a"));
        Taken(1).ShouldBe(["a"]);
        _time.Advance(OfferQueue.TicketTimeout - TimeSpan.FromTicks(1));
        _queue.ReturnOverdue().ShouldBe(0);
        _queue.HasWorkFor([]).ShouldBeFalse();
    }

    [Fact]
    public void ReturnOverdue_TicketNobodySpokeOf_GoesOutAgainFirstAndWithANewTicket()
    {
        _queue.Add(Offer("lost"));
        var lost = _queue.Take(1, []).ShouldHaveSingleItem();
        _queue.Add(Offer("urgent") with { Priority = 9 });
        _time.Advance(OfferQueue.TicketTimeout);
        _queue.ReturnOverdue().ShouldBe(1);
        _queue.ReturnOverdue().ShouldBe(0);

        var again = _queue.Take(2, []);
        again.Select(o => o.Task).ShouldBe(["lost", "urgent"]);
        again[0].Ticket.ShouldBeGreaterThan(lost.Ticket);
    }

    [Fact]
    public void ReturnOverdue_OneThatNobodyCanClaim_StaysOutLongerEachTime()
    {
        _queue.Add(Offer("a"));
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300 })
        {
            var taken = _queue.Take(1, []).ShouldHaveSingleItem();
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            _queue.ReturnOverdue().ShouldBe(0, $"{seconds} s");
            _time.Advance(TimeSpan.FromTicks(1));
            _queue.ReturnOverdue().ShouldBe(1, $"{seconds} s");
        }

        // A claim that was answered ends it.
        _queue.Done([_queue.Take(1, []).ShouldHaveSingleItem().Ticket]);
        _queue.Add(Offer("a"));
        _queue.Take(1, []);
        _time.Advance(OfferQueue.TicketTimeout);
        _queue.ReturnOverdue().ShouldBe(1);
    }

    [Fact]
    public void ReturnRepeated_AfterAnOutage_LongTicketsComeBackAtOnceAndAreShortAgain()
    {
        _queue.Add(Offer("a"));
        foreach (var seconds in new[] { 10, 20, 40 })
        {
            _queue.Take(1, []);
            _time.Advance(TimeSpan.FromSeconds(seconds));
            _queue.ReturnOverdue();
        }

        var taken = _queue.Take(1, []).ShouldHaveSingleItem();
        _queue.Add(Offer("b"));
        Taken(1).ShouldBe(["b"]);
        _queue.ReturnRepeated().ShouldBe(1, "the one that is out for the first time comes back by itself");

        _queue.Take(9, []).ShouldHaveSingleItem().Ticket.ShouldBeGreaterThan(taken.Ticket);
        _time.Advance(OfferQueue.TicketTimeout);
        _queue.ReturnOverdue().ShouldBe(2);
        Taken(9).Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Add_AnewAfterItsTicketCameBack_GoesOutAtOnce()
    {
        // Its worker gave the claim up and holds it no more, but the ticket of the third hand-out would keep it for 40 s.
        _queue.Add(Offer("a"));
        foreach (var seconds in new[] { 10, 20 })
        {
            _queue.Take(1, []);
            _time.Advance(TimeSpan.FromSeconds(seconds));
            _queue.ReturnOverdue();
        }

        var third = _queue.Take(1, []).ShouldHaveSingleItem();
        _queue.Add(Offer("a") with { Returned = true }).ShouldBeTrue("its execution answers again");
        _queue.Take(1, []).ShouldHaveSingleItem().Ticket.ShouldBeGreaterThan(third.Ticket);
    }

    [Fact]
    public void ReturnAll_WorkerIsGone_WhatItMayHoldGoesOutAtOnce()
    {
        _queue.Add(Offer("a"));
        _queue.Add(Offer("b"));
        var taken = _queue.Take(2, []);
        _queue.Done([taken[0].Ticket]);
        _queue.ReturnAll().ShouldBe(1);
        var again = _queue.Take(2, []).ShouldHaveSingleItem();
        again.Task.ShouldBe("b");

        // The word of the first hand-out comes late, and is not about this one.
        _queue.Done([taken[1].Ticket]);
        _queue.Add(Offer("b")).ShouldBeFalse();
    }

    [Fact]
    public void ReturnOverdue_OfferedAnewForOtherWorkers_GoesOutToThose()
    {
        // The execution was moved to a revision with other tags while the claim was not answered.
        var gone = new List<string>();
        var queue = new OfferQueue(_time, onGone: offer => gone.Add(offer.StartLane ?? "started"));
        queue.Add(Offer("a") with { StartLane = "" });
        queue.Take(1, []);
        queue.Add(Offer("a") with { Tags = ["gpu"] }).ShouldBeFalse();
        _time.Advance(OfferQueue.TicketTimeout);
        queue.ReturnOverdue().ShouldBe(1);
        queue.HasWorkFor([]).ShouldBeFalse();
        queue.Take(1, ["gpu"]).ShouldHaveSingleItem().Tags.ShouldBe(["gpu"]);
        gone.ShouldBe([""], "it counts no longer as one that has not started");
    }

    [Fact]
    public void Done_TicketOfTheActivationBefore_ForgetsNothing()
    {
        var before = new OfferQueue(_time, firstTicket: 1_000);
        before.Add(Offer("a"));
        var old = before.Take(1, []).ShouldHaveSingleItem().Ticket;
        var queue = new OfferQueue(_time, firstTicket: 2_000);
        queue.Add(Offer("b"));
        queue.Take(1, []);
        queue.Taken.ShouldBe(1);
        queue.Done([old]);
        queue.Add(Offer("b")).ShouldBeFalse("its claim is still under way");
    }

    [Fact]
    public void ReturnOverdue_ShortTicketsBehindALongOne_ComeBackInTime()
    {
        _queue.Add(Offer("a"));
        _queue.Take(1, []);
        _time.Advance(OfferQueue.TicketTimeout);
        _queue.ReturnOverdue().ShouldBe(1);
        _queue.Take(1, []);
        _queue.Add(Offer("b"));
        _queue.Take(1, []);
        _time.Advance(OfferQueue.TicketTimeout);
        _queue.ReturnOverdue().ShouldBe(1);
        Taken(9).ShouldBe(["b"]);
    }

    [Fact]
    public void Add_WhileItsClaimIsUnderWay_WaitsOnceTheClaimIsDone()
    {
        // The execution was paused, which refuses the claim, and resumed, which offers the task anew.
        var gone = new List<string>();
        var queue = new OfferQueue(_time, onGone: offer => gone.Add(offer.StartLane ?? "started"));
        queue.Add(Offer("a") with { StartLane = "" });
        var ticket = queue.Take(1, []).ShouldHaveSingleItem().Ticket;
        queue.Add(Offer("a") with { StartLane = "" }).ShouldBeFalse();
        queue.Count.ShouldBe(0);
        queue.Done([ticket]);
        queue.Count.ShouldBe(1);
        gone.ShouldBeEmpty("it is held as before");

        ticket = queue.Take(1, []).ShouldHaveSingleItem().Ticket;
        queue.Done([ticket]);
        queue.Count.ShouldBe(0);
        gone.ShouldBe([""]);
    }

    [Fact]
    public void Withdraw_ExecutionThatHasEnded_LeavesOnlyOffersOfOthers()
    {
        var gone = new List<string>();
        var queue = new OfferQueue(_time, onGone: offer => gone.Add(offer.Task));
        var other = Guid.NewGuid();
        queue.Add(Offer("a") with { Tags = ["gpu"] });
        queue.Add(Offer("b"));
        queue.Add(Offer("c") with { Returned = true });
        queue.Add(Offer("d") with { ExecutionId = other, Organization = "o" });
        queue.Add(Offer("e") with { ExecutionId = other, Returned = true });
        queue.Add(Offer("taken") with { Priority = 9, Tags = ["x"] });
        var taken = queue.Take(1, ["x"]).ShouldHaveSingleItem();
        if (taken.Task != "taken")
        {
            queue.Done([taken.Ticket]);
        }

        gone.Clear();
        queue.Withdraw(new HashSet<Guid> { Execution });
        queue.Count.ShouldBe(queue.Take(99, ["gpu", "x"]).Count(offer => offer.ExecutionId == other));
        queue.HasWorkFor(["gpu", "x"]).ShouldBeFalse();
        gone.ShouldNotContain("d");
        gone.ShouldContain("a");
        queue.Add(Offer("a") with { Tags = ["gpu"] }).ShouldBeTrue("nothing of it is known any more");
    }

    [Fact]
    public void ReturnOverdue_DoneTicket_IsForgotten()
    {
        _queue.Add(Offer("a"));
        _queue.Done([_queue.Take(1, [])[0].Ticket]);
        _time.Advance(OfferQueue.TicketTimeout * 2);
        _queue.ReturnOverdue().ShouldBe(0);
        _queue.Count.ShouldBe(0);
    }

    [Fact]
    public void OldestAt_WaitingOffers_IsTheAgeOfTheOldestHead()
    {
        _queue.OldestAt.ShouldBeNull();
        var older = _time.GetUtcNow().AddMinutes(-2);
        _queue.Add(Offer("a"));
        _queue.Add(Offer("b") with { Tags = ["x"], ScheduledAt = older });
        _queue.OldestAt.ShouldBe(older);
        Taken(5, "x");
        _queue.OldestAt.ShouldBeNull();
    }

    private List<string> Taken(int max, params string[] tags) => [.. _queue.Take(max, tags).Select(offer => offer.Task)];

    private TaskOffer Offer(string task) => new() { ExecutionId = Execution, Task = task, Attempt = 1, ScheduledAt = _time.GetUtcNow() };
}
