using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Executions;

/// <summary>Clocks that are set while executions run.</summary>
public sealed class ExecutionClockTests
{
    private static readonly DateTimeOffset Start = Samples.Start;

    private readonly JumpingTime _time = new(Start);
    private readonly MemoryJournal _journal = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Now_ClockSetBack_GoesOnFromTheLastEvent()
    {
        var clock = new ExecutionClock(_time, Start);
        _time.Jump = TimeSpan.FromHours(-3);
        _time.Advance(TimeSpan.FromSeconds(5));
        clock.Now.ShouldBe(Start.AddSeconds(5));
        clock.OnRecorded(Start.AddSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(2));
        clock.Now.ShouldBe(Start.AddSeconds(7));
        _time.Jump = TimeSpan.Zero;
        clock.Now.ShouldBe(Start.AddSeconds(7));
    }

    [Fact]
    public void Now_ClockSetForward_IsFollowedAndNeverRunsBackAfterAnEvent()
    {
        var clock = new ExecutionClock(_time, Start);
        _time.Jump = TimeSpan.FromHours(1);
        clock.Now.ShouldBe(Start.AddHours(1));
        clock.OnRecorded(Start.AddHours(1));
        _time.Jump = TimeSpan.Zero;
        _time.Advance(TimeSpan.FromSeconds(10));
        clock.Now.ShouldBe(Start.AddHours(1).AddSeconds(10), "what was recorded is the earliest that may follow");
    }

    [Fact]
    public void Now_HistoryOfAHostWhoseClockIsAhead_StartsWhereThatOneStopped()
    {
        var clock = new ExecutionClock(_time, Start.AddMinutes(5));
        _time.Advance(TimeSpan.FromSeconds(1));
        clock.Now.ShouldBe(Start.AddMinutes(5).AddSeconds(1));
    }

    [Theory]
    [InlineData(-7200)]
    [InlineData(0)]
    [InlineData(7200)]
    public async Task Retry_ClockSetWhileItsDelayRuns_IsDueNoLaterThanItsDelay(int jumpSeconds)
    {
        var driver = Driver("a: retry: {max_attempts: 2, delay_secs: 60, jitter: 0}");
        var token = Guid.NewGuid();
        await driver.DoAsync(turn => ExecutionCommands.TryStart(turn, "a", 1, "w", token), Ct);
        await driver.ReportAsync("a", 1, token, Samples.Failed(), 0, Ct);
        var due = ExecutionPlanner.NextTimer(driver.State).ShouldNotBeNull();

        _time.Jump = TimeSpan.FromSeconds(jumpSeconds);
        var wait = ExecutionTimers.Until(due, driver.Now);
        wait.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(60));
        _time.Advance(wait);
        await driver.AdvanceAsync(Ct);

        driver.State.Ready.ShouldHaveSingleItem();
        _journal.Events.Select(e => e.At).ShouldBeInOrder();
    }

    [Theory]
    [InlineData(-7200)]
    [InlineData(7200)]
    public async Task Journal_ClockSetBetweenTurns_KeepsTimesInOrder(int jumpSeconds)
    {
        var driver = Driver("a", "b");
        foreach (var (task, jump) in new[] { ("a", jumpSeconds), ("b", 0) })
        {
            _time.Jump = TimeSpan.FromSeconds(jump);
            _time.Advance(TimeSpan.FromSeconds(1));
            var token = Guid.NewGuid();
            await driver.DoAsync(turn => ExecutionCommands.TryStart(turn, task, 1, "w", token), Ct);
            _time.Advance(TimeSpan.FromSeconds(1));
            (await driver.ReportAsync(task, 1, token, Samples.Done(), 0, Ct)).ShouldBeTrue();
        }

        driver.State.Status.ShouldBe(ExecutionStatus.Completed);
        _journal.Rows.Select(row => row.At).ShouldBeInOrder();
        var row = _journal.Row;
        row.CompletedAt!.Value.ShouldBeGreaterThan(row.StartedAt!.Value);
        ExecutionMachine.Replay(driver.State.Plan, [.. _journal.Events]).Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData(-7200)]
    [InlineData(7200)]
    public void Tickets_ClockSetWhileOffersAreOut_ComeBackAfterTheirTimeAndNotBefore(int jumpSeconds)
    {
        var queue = new OfferQueue(_time);
        queue.Add(new TaskOffer { ExecutionId = Guid.NewGuid(), Task = "a", Attempt = 1 });
        queue.Take(1, []).ShouldHaveSingleItem();
        _time.Jump = TimeSpan.FromSeconds(jumpSeconds);
        queue.ReturnOverdue().ShouldBe(0);
        _time.Advance(OfferQueue.TicketTimeout);
        queue.ReturnOverdue().ShouldBe(1);
    }

    private ExecutionDriver Driver(params string[] tasks)
    {
        var turn = Samples.Begin(Samples.Workflow("", tasks), Start);
        var row = Samples.Row(turn.State);
        var id = turn.State.Created.ExecutionId;
        _journal.AppendAsync(
            new JournalAppend(id, 1, EventCodec.Encode([turn.State.Created, .. turn.Events]), Guid.NewGuid(), Start, row), Ct).Wait(Ct);
        return new ExecutionDriver(id, turn.State, 1, row, _journal, new SilentHost(), _time);
    }

    private sealed class SilentHost : IExecutionHost
    {
        public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
        {
        }

        public void OnFaulted(Exception exception) => throw exception;
    }
}
