using Periplon.Engine.Schedules;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

public sealed class StartRoomTests
{
    private readonly StartRoom _room = new();

    [Fact]
    public void Take_ManyOfManyWorkflows_GivesNoMoreThanMayBeUnderWay()
    {
        var starts = Enumerable.Range(0, 100).Select(_ => Start(Minutely())).ToList();
        starts.ForEach(start => _room.Offer(start, T0).ShouldBe(StartOffer.Taken));
        TakeAll().Count.ShouldBe(StartRoom.MaxUnderWay);
        _room.Offer(starts[0], T0).ShouldBe(StartOffer.Known); // Under way.
        _room.Offer(starts[99], T0).ShouldBe(StartOffer.Known); // Waits.

        _room.End(starts[0], true, T0);
        _room.Take().ShouldBe(starts[StartRoom.MaxUnderWay]);
        _room.Take().ShouldBeNull();
    }

    [Fact]
    public void Take_OneWorkflowWithMany_LeavesRoomToOthers()
    {
        var (busy, other) = (Minutely(), Start(Minutely()));
        for (var i = 0; i < 50; i++)
        {
            _room.Offer(Start(busy, i), T0);
        }

        _room.Offer(other, T0);
        var taken = TakeAll();
        taken.Count.ShouldBe(StartRoom.MaxOfWorkflow + 1);
        taken[^1].ShouldBe(other);
    }

    [Fact]
    public void Offer_MoreThanMayWait_StaysInTheTable()
    {
        var busy = Minutely();
        for (var i = 0; i < StartRoom.MaxWaitingOfWorkflow; i++)
        {
            _room.Offer(Start(busy, i), T0).ShouldBe(StartOffer.Taken);
        }

        _room.Offer(Start(busy, 10_000), T0).ShouldBe(StartOffer.Full);
        for (var i = StartRoom.MaxWaitingOfWorkflow; i < StartRoom.MaxWaiting; i++)
        {
            _room.Offer(Start(Minutely()), T0).ShouldBe(StartOffer.Taken);
        }

        _room.Offer(Start(Minutely()), T0).ShouldBe(StartOffer.Full);
    }

    [Fact]
    public void End_Unanswered_HoldsTheRunForPausesThatGrow()
    {
        var start = Start(Minutely());
        var now = T0;
        foreach (var seconds in new[] { 5, 10, 20, 40, 80, 120, 120 })
        {
            TryOnce(start, now);
            _room.Passed(now).ShouldBe([start.Run.ExecutionId!.Value]);
            now = now.AddSeconds(seconds);
            _room.Offer(start, now.AddMilliseconds(-1)).ShouldBe(StartOffer.Held);
            _room.Passed(now).ShouldBeEmpty();
        }
    }

    [Fact]
    public void End_UnansweredAgainAndAgain_LetsOneOfTheWorkflowTryUntilItIsAnswered()
    {
        var row = Minutely();
        var (first, second) = (Start(row, 100), Start(row, 101));
        _room.Offer(first, T0);
        _room.Offer(second, T0);
        _room.Take().ShouldBe(first);
        _room.End(first, false, T0);
        _room.Take().ShouldBeNull(); // Those that waited behind it are back in the table.

        _room.Offer(second, T0).ShouldBe(StartOffer.Taken);
        _room.Offer(Start(row, 102), T0).ShouldBe(StartOffer.Held);
        _room.Take().ShouldBe(second);
        _room.End(second, false, T0);
        TryOnce(Start(row, 103), T0);
        _room.Offer(Start(row, 104), T0.AddSeconds(4)).ShouldBe(StartOffer.Held);
        _room.Offer(Start(Minutely()), T0).ShouldBe(StartOffer.Taken);
        TakeAll().Count.ShouldBe(1);

        var answered = Start(row, 105);
        _room.Offer(answered, T0.AddSeconds(5)).ShouldBe(StartOffer.Taken);
        _room.Take().ShouldBe(answered);
        _room.End(answered, true, T0.AddSeconds(5));
        _room.Offer(Start(row, 106), T0.AddSeconds(5)).ShouldBe(StartOffer.Taken);
        _room.Offer(Start(row, 107), T0.AddSeconds(5)).ShouldBe(StartOffer.Taken);
    }

    private void TryOnce(RunToStart start, DateTimeOffset now)
    {
        _room.Offer(start, now).ShouldBe(StartOffer.Taken);
        _room.Take().ShouldBe(start);
        _room.End(start, false, now);
    }

    private List<RunToStart> TakeAll()
    {
        var taken = new List<RunToStart>();
        while (_room.Take() is { } start)
        {
            taken.Add(start);
        }

        return taken;
    }

    private static RunToStart Start(ScheduleRow row, int minute = 0) => new(row, Run(row, T0.AddMinutes(minute)), null);
}
