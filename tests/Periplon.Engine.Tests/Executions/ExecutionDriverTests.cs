using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Executions;

public sealed class ExecutionDriverTests
{
    private readonly FakeTimeProvider _time = new(Samples.Start);
    private readonly MemoryJournal _journal = new();
    private readonly RecordingHost _host = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Do_Command_IsNotAcknowledgedBeforeItsCommit()
    {
        var driver = Driver("a");
        _journal.Hold();
        var claim = Claim(driver, "a");

        claim.IsCompleted.ShouldBeFalse();
        driver.State.Running.ShouldBeEmpty("what is in memory is what was committed");
        driver.Seq.ShouldBe(1);
        _host.Commits.ShouldBeEmpty();

        _journal.Release();
        (await claim).ShouldBeTrue();
        driver.State.Running.ShouldHaveSingleItem();
        driver.Seq.ShouldBe(2);
        _host.Commits.ShouldHaveSingleItem().ShouldBe(["TaskStarted"]);
    }

    [Fact]
    public async Task Do_CommandsDuringACommit_ShareTheNextOneInTheirOrder()
    {
        var driver = Driver("a", "b", "c");
        _journal.Hold();
        var first = Claim(driver, "a");
        var second = Claim(driver, "b");
        var third = Claim(driver, "c");
        _journal.Release();
        await Task.WhenAll(first, second, third);

        _journal.Rows.Select(row => row.Seq).ShouldBe([1, 2, 3]);
        _journal.Rows.Skip(1).Select(row => EventCodec.Decode(row.Events.Span).OfType<TaskStarted>().Select(e => e.Task))
            .ShouldBe([["a"], ["b", "c"]]);
    }

    [Fact]
    public async Task Do_HostMayNotCommit_StoresNothingAndIsStale()
    {
        var driver = Driver("a");
        _host.Forbids = new TimeoutException("This silo has been declared dead");
        (await Should.ThrowAsync<TimeoutException>(Claim(driver, "a"))).ShouldBe(_host.Forbids);
        _journal.Rows.ShouldHaveSingleItem("the creation");
        _host.Faults.ShouldHaveSingleItem().ShouldBe(_host.Forbids);
        driver.State.Running.ShouldBeEmpty();
    }

    [Fact]
    public async Task Do_CommandThatChangesNothing_IsAnsweredWithoutACommit()
    {
        var driver = Driver("a");
        (await driver.DoAsync(turn => ExecutionCommands.Resume(turn, null), Ct)).ShouldBeFalse();
        await driver.AdvanceAsync(Ct);
        _journal.Appends.ShouldBe(1);
        _host.Commits.ShouldBeEmpty();
    }

    [Fact]
    public async Task Do_SecondCommandOfATurn_SeesWhatTheFirstDecided()
    {
        var driver = Driver("a");
        _journal.Hold();
        var advance = driver.DoAsync(turn => ExecutionCommands.Pause(turn, "p"), Ct);
        var mine = Claim(driver, "a");
        var other = driver.DoAsync(turn => ExecutionCommands.Resume(turn, "p"), Ct);
        var late = Claim(driver, "a");
        _journal.Release();

        (await advance).ShouldBeTrue();
        (await mine).ShouldBeFalse("it is paused");
        (await other).ShouldBeTrue();
        (await late).ShouldBeTrue("it goes on");
    }

    [Fact]
    public async Task Do_Conflict_FailsAllThatWaitAndEveryLaterCall()
    {
        var driver = Driver("a", "b");
        _journal.Hold();
        var first = Claim(driver, "a");
        var second = Claim(driver, "b");
        _journal.Before = append => throw new JournalConflictException(append.ExecutionId, append.Seq);
        _journal.Release();

        await Should.ThrowAsync<JournalConflictException>(first);
        await Should.ThrowAsync<JournalConflictException>(second);
        await Should.ThrowAsync<JournalConflictException>(Claim(driver, "a"));
        _host.Faults.ShouldHaveSingleItem().ShouldBeOfType<JournalConflictException>();
        driver.State.Running.ShouldBeEmpty();
        driver.Seq.ShouldBe(1);
    }

    [Fact]
    public async Task Do_CommandThatThrowsHalfWay_IsRefusedAloneAndLeavesNothingBehind()
    {
        var driver = Driver("a", "b");
        _journal.Hold();
        var first = Claim(driver, "a");
        var bad = driver.DoAsync<bool>(
            turn =>
            {
                ExecutionCommands.Pause(turn, "p");
                throw new InvalidOperationException("a defect");
            },
            Ct);
        var good = Claim(driver, "b");
        _journal.Release();

        (await first).ShouldBeTrue();
        (await Should.ThrowAsync<DecisionFailedException>(bad)).Message.ShouldBe("a defect");
        (await good).ShouldBeTrue();
        driver.State.IsPaused.ShouldBeFalse();
        _host.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Report_OutcomeThatCannotBeWrittenDown_BecomesAFailureThatSaysSo()
    {
        var driver = Driver("a");
        var token = Guid.NewGuid();
        (await driver.DoAsync(turn => ExecutionCommands.TryStart(turn, "a", 1, "w", token), Ct)).ShouldBeTrue();

        // A lone surrogate has no form in UTF-8.
        var values = new Dictionary<string, JsonElement> { ["v"] = JsonDocument.Parse("""{"k":"\ud800"}""").RootElement };
        var outcome = TaskOutcome.Completed(new TaskOutput { Values = values });
        (await driver.ReportAsync("a", 1, token, outcome, 0, Ct)).ShouldBeTrue();

        driver.State.Status.ShouldBe(ExecutionStatus.Failed);
        var failure = driver.State.Find(driver.State.Plan.Tasks[0].Path)!.Failure.ShouldNotBeNull();
        failure.Kind.ShouldBe(FailureKinds.Internal);
        failure.Message.ShouldStartWith("The outcome of the attempt could not be recorded");
        _host.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Do_CommitThatTheDatabaseNeverTakes_RefusesTheBadCommandAndNoOther()
    {
        var driver = Driver("a", "b", "c");
        _journal.Before = append =>
        {
            if (EventCodec.Decode(append.Events.Span).OfType<TaskStarted>().Any(e => e.Task == "b"))
            {
                throw new SqliteException("refused for good", 19);
            }
        };
        _journal.Hold();
        var a = Claim(driver, "a");
        var b = Claim(driver, "b");
        var c = Claim(driver, "c");
        _journal.Release();

        (await a).ShouldBeTrue();
        (await c).ShouldBeTrue();
        await Should.ThrowAsync<DecisionFailedException>(b);
        _host.Faults.ShouldBeEmpty();
        driver.Seq.ShouldBe(3);
    }

    [Fact]
    public async Task Do_DatabaseTakesNoCommitOfTheExecution_EndsItWithTheReason()
    {
        var driver = Driver("a");
        _journal.Before = append =>
        {
            if (!EventCodec.Decode(append.Events.Span).OfType<ExecutionFinished>().Any())
            {
                throw new SqliteException("refused for good", 19);
            }
        };
        while (!driver.State.IsTerminal)
        {
            await Should.ThrowAsync<DecisionFailedException>(Claim(driver, "a"));
        }

        driver.State.Status.ShouldBe(ExecutionStatus.Failed);
        driver.State.Error.ShouldNotBeNull().ShouldContain("refused for good");
        driver.State.Find(driver.State.Plan.Tasks[0].Path)!.Status.ShouldBe(TaskRunStatus.Cancelled);
    }

    [Fact]
    public async Task Do_CallerGivesUp_TheCommandIsStillCommitted()
    {
        var driver = Driver("a");
        using var impatient = new CancellationTokenSource();
        _journal.Hold();
        var claim = driver.DoAsync(turn => ExecutionCommands.TryStart(turn, "a", 1, "w", Guid.NewGuid()), impatient.Token);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(claim);

        _journal.Release();
        await driver.AdvanceAsync(Ct);
        driver.State.Running.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Do_FromManyThreads_CommitsEachCommandOnce()
    {
        var names = Enumerable.Range(0, 16).Select(i => $"t{i}").ToArray();
        var driver = Driver(names);
        var claims = await Task.WhenAll(names.SelectMany(name => new[] { name, name, name }).Select(name => Task.Run(() => Claim(driver, name), Ct)));

        claims.Count(won => won).ShouldBe(16);
        driver.State.Running.Count.ShouldBe(16);
        _journal.Events.OfType<TaskStarted>().Count().ShouldBe(16);
        _journal.Rows.Select(row => row.Seq).ShouldBe(Enumerable.Range(1, _journal.Rows.Count).Select(i => (long)i));
    }

    [Fact]
    public async Task Do_HostWhoseCallbackTakesALock_DoesNotDeadlockWithItsCallers()
    {
        // A commit that ends at once runs the host's callback in the thread of the caller: it must not hold the driver's lock meanwhile.
        var driver = Driver("a");
        using var entered = new ManualResetEventSlim();
        using var called = new ManualResetEventSlim();
        _host.OnCommit = () =>
        {
            entered.Set();
            called.Wait(TimeSpan.FromSeconds(20), Ct).ShouldBeTrue("another caller could not get in during the callback");
        };
        var first = Task.Run(() => Claim(driver, "a"), Ct);
        entered.Wait(Ct);
        Task second = driver.AdvanceAsync(Ct);
        called.Set();
        await Task.WhenAll(first, second);
    }

    private static Task<bool> Claim(ExecutionDriver driver, string task) =>
        driver.DoAsync(turn => ExecutionCommands.TryStart(turn, task, 1, "w", Guid.NewGuid()), Ct);

    private ExecutionDriver Driver(params string[] tasks)
    {
        var turn = Samples.Begin(Samples.Workflow("", tasks), Samples.Start);
        var row = Samples.Row(turn.State);
        var id = turn.State.Created.ExecutionId;
        _journal.AppendAsync(
            new JournalAppend(id, 1, EventCodec.Encode([turn.State.Created, .. turn.Events]), Guid.NewGuid(), Samples.Start, row), Ct).Wait(Ct);
        return new ExecutionDriver(id, turn.State, 1, row, _journal, _host, _time);
    }

    private sealed class RecordingHost : IExecutionHost
    {
        public List<List<string>> Commits { get; } = [];
        public List<Exception> Faults { get; } = [];
        public Action? OnCommit { get; set; }
        public Exception? Forbids { get; set; }

        public ValueTask BeforeCommitAsync() => Forbids is null ? default : ValueTask.FromException(Forbids);

        public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
        {
            Commits.Add([.. events.Select(e => e.GetType().Name)]);
            OnCommit?.Invoke();
        }

        public void OnFaulted(Exception exception) => Faults.Add(exception);
    }
}
