using Microsoft.Data.Sqlite;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Core.Plans;
using Periplon.Engine.Executions;
using Periplon.Engine.Invariants;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;

namespace Periplon.Engine.Tests.Invariants;

/// <summary>Each thing that never happens, made to happen.</summary>
public sealed class InvariantChecksTests : IDisposable
{
    private static readonly Guid Token = Guid.NewGuid();

    private readonly EngineInstruments _instruments = new();
    private readonly ListLogger<InvariantMonitor> _log = new();
    private readonly MemoryJournal _journal = new();
    private readonly StubQueries _queries = new();
    private readonly InvariantMonitor _monitor;
    private readonly InvariantChecks _checks;

    public InvariantChecksTests()
    {
        _monitor = new InvariantMonitor(_instruments, _log);
        _checks = new InvariantChecks(_monitor, _queries, _journal);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _instruments.Dispose();

    [Fact]
    public void NoWayOn_TurnThatWasFull_GoesOnByItself()
    {
        var turn = Samples.Begin(
            Samples.Workflow("", "l: loop: {type: repeat, count: 5000, iterator: i}, if: 'loop.index < 0'"), Samples.Start);
        (turn.State.Undecided.Count + turn.State.Open.Count + turn.State.OpenOthers.Count).ShouldBePositive("the rest is left to the next turn");
        turn.State.IsTerminal.ShouldBeFalse();
        turn.State.Running.ShouldBeEmpty();
        turn.State.Ready.ShouldBeEmpty();
        InvariantChecks.HasNoWayOn(turn.State).ShouldBeFalse();
    }

    [Fact]
    public void OnCommitted_AHealthyCourse_CountsNothing()
    {
        var state = Running();
        var turn = new ExecutionTurn(state, Samples.Start);
        ExecutionCommands.Report(turn, "a", 1, Token, Samples.Done(), 0).ShouldBeTrue();
        ExecutionPlanner.Advance(turn);
        _checks.OnCommitted(state, turn, Samples.Row(turn.State));
        _checks.OnReported(state.Created.ExecutionId, state.Find("a"), Token, accepted: true);
        _checks.OnReported(state.Created.ExecutionId, state.Find("a"), Guid.NewGuid(), accepted: false);
        Invariant.All.ShouldAllBe(each => _monitor.CountOf(each) == 0);
    }

    [Fact]
    public void OnCommitted_EventAfterTheEnd_IsCountedEachTimeAndLoggedOnce()
    {
        var ended = Ended();
        for (var i = 0; i < 3; i++)
        {
            var turn = new ExecutionTurn(ended, Samples.Start);
            turn.Record(new ExecutionPaused { At = Samples.Start });
            _checks.OnCommitted(ended, turn, Samples.Row(ended));
        }

        _monitor.CountOf(Invariant.TerminalChanged).ShouldBe(3);
        _log.Lines.Count.ShouldBe(1);
        _log.Lines[0].ShouldContain("terminal_changed");
        _log.Lines[0].ShouldContain(ended.Created.ExecutionId.ToString());
    }

    [Fact]
    public void OnCommitted_SettledTaskStartsAgainOrFails_IsCounted()
    {
        var state = Begin("a", "b: depends_on: [a]");
        state = Samples.Report(Samples.Claim(state, "a", Samples.Start, Token), "a", Samples.Start, Token, Samples.Done());
        var turn = new ExecutionTurn(state, Samples.Start);
        turn.Record(new TaskStarted { At = Samples.Start, Task = "a", Attempt = 2, Delivery = 1, Worker = "w", Token = Guid.NewGuid() });
        turn.Record(new TaskCancelled { At = Samples.Start, Task = "a", Reason = "late" });
        turn.Record(new TaskCancelled { At = Samples.Start, Task = "nobody", Reason = "late" });
        _checks.OnCommitted(state, turn, Samples.Row(state));
        _monitor.CountOf(Invariant.TaskRestarted).ShouldBe(1);
        _monitor.CountOf(Invariant.EventIgnored).ShouldBe(2);
    }

    [Fact]
    public void OnCommitted_RunningTaskIsGivenToASecondWorker_IsCounted()
    {
        var state = Running();
        var turn = new ExecutionTurn(state, Samples.Start);
        turn.Record(new TaskStarted { At = Samples.Start, Task = "a", Attempt = 1, Delivery = 2, Worker = "w2", Token = Guid.NewGuid() });
        _checks.OnCommitted(state, turn, Samples.Row(state));
        _monitor.CountOf(Invariant.TaskStartedTwice).ShouldBe(1);
    }

    [Fact]
    public void OnCommitted_NothingWouldEverWakeIt_IsCounted()
    {
        var state = Running();
        var stuck = state with { Running = [] };
        _checks.OnCommitted(state, new ExecutionTurn(stuck, Samples.Start), Samples.Row(state) with { NextWakeAt = null });
        _monitor.CountOf(Invariant.NoWayOn).ShouldBe(1);
        _monitor.CountOf(Invariant.NoWakeUp).ShouldBe(1);
    }

    [Fact]
    public void OnReported_AnotherLease_IsCounted()
    {
        var state = Running();
        _checks.OnReported(state.Created.ExecutionId, state.Find("a"), Guid.NewGuid(), accepted: true);
        _checks.OnReported(state.Created.ExecutionId, null, Token, accepted: true);
        _monitor.CountOf(Invariant.ReportWithoutLease).ShouldBe(2);
    }

    [Theory]
    [InlineData("journal_gap", 2)]
    [InlineData("journal_gap", 1, 3)]
    [InlineData("duplicate_seq", 1, 1)]
    public void OnLoaded_JournalIsNotWhole_IsCountedAndRefused(string name, params int[] numbers)
    {
        var id = Guid.CreateVersion7();
        var rows = numbers.Select(seq => new JournalRow(seq, default, Samples.Start)).ToList();
        Should.Throw<InvalidDataException>(() => _checks.OnLoaded(id, rows)).Message.ShouldContain(id.ToString());
        _monitor.CountOf(Invariant.All.Single(each => each.Name == name)).ShouldBe(1);
    }

    [Fact]
    public async Task CheckRow_RowSaysSomethingElse_IsCountedUnlessTheJournalHasGoneOn()
    {
        var state = Running(Chosen());
        await AppendAsync(state, 1);
        _queries.Row = Samples.Row(state);
        await _checks.CheckRowAsync(state, 1, Ct);
        _monitor.CountOf(Invariant.RowDiffers).ShouldBe(0);

        _queries.Row = Samples.Row(state) with { Status = ExecutionStatus.Paused };
        await _checks.CheckRowAsync(state, 1, Ct);
        _monitor.CountOf(Invariant.RowDiffers).ShouldBe(1);

        await AppendAsync(state, 2);
        await _checks.CheckRowAsync(state, 1, Ct);
        _monitor.CountOf(Invariant.RowDiffers).ShouldBe(1, "another activation has gone on with it");
    }

    [Fact]
    public async Task CheckRow_RowOfAnEndedExecutionIsDeletedAndItsJournalNotYet_IsNoFinding()
    {
        var state = Samples.Report(Running(Chosen()), "a", Samples.Start, Token, Samples.Done());
        state.IsTerminal.ShouldBeTrue();
        await AppendAsync(state, 1);
        _queries.Row = null;
        await _checks.CheckRowAsync(state, 1, Ct);
        _monitor.CountOf(Invariant.RowDiffers).ShouldBe(0);
    }

    [Fact]
    public async Task CheckRow_DatabaseIsAway_HoldsNothingUp()
    {
        _queries.Failure = new TimeoutException();
        await _checks.CheckRowAsync(Running(Chosen()), 1, Ct);
        _monitor.CountOf(Invariant.RowDiffers).ShouldBe(0);
    }

    [Fact]
    public async Task Driver_EndsWhatTheDatabaseNeverTakes_CountsIt()
    {
        var beginning = ExecutionBeginning.Of(
            ExecutionPlan.Compile(Samples.Workflow("", "a")), Samples.Created(Samples.Workflow("", "a"), Samples.Start), 0);
        await beginning.AppendAsync(_journal, null, Ct);
        var driver = new ExecutionDriver(
            beginning.State.Created.ExecutionId, beginning.State, 1, beginning.Row, _journal, new NoHost(), TimeProvider.System, _checks);
        _journal.Before = _ => throw new SqliteException("not taken", 1);
        for (var i = 0; i < 4; i++)
        {
            await Should.ThrowAsync<DecisionFailedException>(driver.DoAsync(turn => ExecutionCommands.Pause(turn, "p"), Ct));
        }

        _monitor.CountOf(Invariant.PlanningFailed).ShouldBe(0);
        _journal.Before = null;
        await Should.ThrowAsync<DecisionFailedException>(driver.DoAsync(turn => ExecutionCommands.Pause(turn, "p"), Ct));
        driver.State.Status.ShouldBe(ExecutionStatus.Failed);
        _monitor.CountOf(Invariant.PlanningFailed).ShouldBe(1);
        _monitor.CountOf(Invariant.EventIgnored).ShouldBe(0);
    }

    [Fact]
    public void OnStored_PlaceBeyondTheLimit_IsCounted()
    {
        var one = new LimitHolder(Guid.CreateVersion7(), "", Samples.Start);
        var two = new LimitHolder(Guid.CreateVersion7(), "", Samples.Start.AddSeconds(1));
        var before = ConcurrencyLimit.Empty with { Holders = [one, two], Limit = 2 };
        LimitInvariants.OnDecided(_monitor, "org/k", before, before with { Limit = 1 });
        _monitor.CountOf(Invariant.LimitExceeded).ShouldBe(0, "the limit was lowered");

        LimitInvariants.OnDecided(_monitor, "org/k", ConcurrencyLimit.Empty with { Holders = [one] }, before with { Limit = 1 });
        _monitor.CountOf(Invariant.LimitExceeded).ShouldBe(1);
        _log.Lines.ShouldHaveSingleItem().ShouldContain("org/k");
    }

    private static Guid Chosen()
    {
        var id = Guid.CreateVersion7();
        while (!InvariantChecks.IsChosen(id))
        {
            id = Guid.CreateVersion7();
        }

        return id;
    }

    private static ExecutionState Begin(params string[] tasks) => Samples.Begin(Samples.Workflow("", tasks), Samples.Start).State;

    private static ExecutionState Running(Guid? id = null)
    {
        var state = Begin("a");
        state = id is { } given ? state with { Created = state.Created with { ExecutionId = given } } : state;
        return Samples.Claim(state, "a", Samples.Start, Token);
    }

    private static ExecutionState Ended() => Samples.Report(Running(), "a", Samples.Start, Token, Samples.Done());

    private Task AppendAsync(ExecutionState state, long seq) =>
        _journal.AppendAsync(new(state.Created.ExecutionId, seq, new byte[] { 1 }, Guid.NewGuid(), Samples.Start, null), Ct);

    private sealed class NoHost : IExecutionHost
    {
        public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
        {
        }

        public void OnFaulted(Exception exception)
        {
        }
    }

    private sealed class StubQueries : IExecutionQueries
    {
        public ExecutionRow? Row { get; set; }

        public Exception? Failure { get; set; }

        public Task<ExecutionRow?> FindAsync(string organization, Guid id, CancellationToken cancellationToken) =>
            Failure is null ? Task.FromResult(Row) : Task.FromException<ExecutionRow?>(Failure);

        public Task<IReadOnlyList<ExecutionRow>> ListAsync(
            ExecutionFilter filter, ExecutionCursor? after, int offset, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<long> CountAsync(ExecutionFilter filter, long bound, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ExecutionCounts> CountByStatusAsync(string? organization, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyDictionary<int, long>> CountLiveAsync(
            string organization, Guid workflowId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Guid>> ListLiveAsync(
            string organization, Guid workflowId, int revision, Guid? after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
