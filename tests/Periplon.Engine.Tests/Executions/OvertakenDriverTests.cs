using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Executions;

/// <summary>A driver that has nothing to write finds out that another has written.</summary>
public sealed class OvertakenDriverTests : IExecutionHost
{
    private readonly FakeTimeProvider _time = new(Samples.Start);
    private readonly MemoryJournal _journal = new();
    private readonly List<Exception> _faults = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EnsureCurrent_NobodyHasWritten_ChangesNothing()
    {
        var driver = await DriverAsync();
        await driver.EnsureCurrentAsync(Ct);
        (await ClaimAsync(driver)).ShouldBeTrue();
        await driver.EnsureCurrentAsync(Ct);
        _faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task EnsureCurrent_AnotherHasWritten_FaultsItAndAllThatIsAskedOfItLater()
    {
        var driver = await DriverAsync();
        await AppendAsync(2, new ExecutionPaused { At = Samples.Start });
        (await Should.ThrowAsync<JournalConflictException>(driver.EnsureCurrentAsync(Ct))).Seq.ShouldBe(2);
        _faults.ShouldHaveSingleItem();
        await Should.ThrowAsync<JournalConflictException>(driver.AdvanceAsync(Ct));
    }

    [Fact]
    public async Task EnsureCurrent_OwnCommitIsStoredAndNotAcknowledgedYet_IsNotTakenForAnothers()
    {
        var driver = await DriverAsync();
        _journal.Hold(afterStoring: true);
        var claim = ClaimAsync(driver);
        var look = driver.EnsureCurrentAsync(Ct);
        look.IsCompleted.ShouldBeFalse("the row is there, and whose it is shows when its commit is acknowledged");

        _journal.Release();
        await look;
        (await claim).ShouldBeTrue();
        _faults.ShouldBeEmpty();
    }

    void IExecutionHost.OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
    }

    void IExecutionHost.OnFaulted(Exception exception) => _faults.Add(exception);

    private static Task<bool> ClaimAsync(ExecutionDriver driver) =>
        driver.DoAsync(turn => ExecutionCommands.TryStart(turn, "a", 1, "w", Guid.NewGuid()), Ct);

    private async Task<ExecutionDriver> DriverAsync()
    {
        var turn = Samples.Begin(Samples.Workflow("", "a"), Samples.Start);
        var id = turn.State.Created.ExecutionId;
        await _journal.AppendAsync(
            new JournalAppend(id, 1, EventCodec.Encode([turn.State.Created, .. turn.Events]), Guid.NewGuid(), Samples.Start, null), Ct);
        return new ExecutionDriver(id, turn.State, 1, Samples.Row(turn.State), _journal, this, _time);
    }

    private Task AppendAsync(long seq, ExecutionEvent happened) => _journal.AppendAsync(
        new JournalAppend(_journal.Rows[0].ExecutionId, seq, EventCodec.Encode([happened]), Guid.NewGuid(), Samples.Start, null), Ct);
}
