using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Simulation;

/// <summary>
/// The points at which a test can plant a mistake: each member does what the engine does, and a mutation does it wrong. Nothing in the
/// engine knows of this.
/// </summary>
internal class Protocol
{
    /// <summary>How often the end of a child is told, and other messages about children.</summary>
    public virtual int ChildTries => 5;

    /// <summary>Whether a look at an execution offers its ready tasks again.</summary>
    public virtual bool OffersOnWake => true;

    /// <summary>Whether a look at an execution asks after its children.</summary>
    public virtual bool LooksAfterChildren => true;

    /// <summary>Whether a limit asks its holders if they still hold their places.</summary>
    public virtual bool ChecksHolders => true;

    /// <summary>Whether a worker hands back a claim that was granted after it had given it up.</summary>
    public virtual bool ReturnsClaims => true;

    /// <summary>Stores a row of the journal.</summary>
    public virtual Task AppendAsync(JournalAppend append, Func<JournalAppend, Task> store) => store(append);

    /// <summary>Makes sure that no other activation has written meanwhile.</summary>
    public virtual Task EnsureCurrentAsync(ExecutionDriver driver) => driver.EnsureCurrentAsync(CancellationToken.None);

    /// <summary>Records how an attempt ended.</summary>
    public virtual Task<bool> ReportAsync(
        ExecutionDriver driver, string task, int attempt, Guid token, TaskOutcome outcome, double random) =>
        driver.ReportAsync(task, attempt, token, outcome, random, CancellationToken.None);

    /// <summary>Whether a lease that a worker holds or not is lost.</summary>
    public virtual bool IsLost(bool isDead, bool isHeld) => isDead || !isHeld;

    /// <summary>What an execution tells limits after a turn.</summary>
    public virtual IEnumerable<LimitRequest> Tell(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events) =>
        LimitRequests.Of(before, after, events);
}
