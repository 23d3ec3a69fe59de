using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Invariants;

/// <summary>
/// The places at which the engine can notice that the impossible has happened. Each check is cheap enough to be made always; only the row
/// of an execution, which costs a read, is compared at one load in eight.
/// </summary>
internal sealed class InvariantChecks(InvariantMonitor monitor, IExecutionQueries queries, IJournalStore journal)
{
    /// <summary>A turn that was committed.</summary>
    public void OnCommitted(ExecutionState before, ExecutionTurn turn, ExecutionRow row)
    {
        if (before.IsTerminal)
        {
            monitor.OnBroken(Invariant.TerminalChanged, Id(), $"It had ended as {before.Status.ToWord()}; recorded was {Name(turn.Events[0])}");
        }
        else
        {
            foreach (var ignored in turn.Ignored)
            {
                monitor.OnBroken(
                    ignored is TaskStarted ? Invariant.TaskRestarted : Invariant.EventIgnored, Id(), $"Recorded was {Name(ignored)}");
            }
        }

        foreach (var started in turn.Events.OfType<TaskStarted>())
        {
            if (before.Find(started.Task) is { Status: TaskRunStatus.Running, Worker: { } worker } running && running.Token != started.Token
                && !turn.Events.TakeWhile(e => e != started).OfType<TaskEvent>().Any(e => e.Task == started.Task))
            {
                monitor.OnBroken(Invariant.TaskStartedTwice, Id(), $"Task '{started.Task}' ran on {worker} and was given to {started.Worker}");
            }
        }

        if (row is { NextWakeAt: null } && !row.Status.IsTerminal())
        {
            monitor.OnBroken(Invariant.NoWakeUp, Id(), $"Its status is {row.Status.ToWord()}");
        }

        if (HasNoWayOn(turn.State))
        {
            monitor.OnBroken(Invariant.NoWayOn, Id(), $"Its status is {turn.State.Status.ToWord()}, and no task is ready, running or waiting");
        }

        // Made only when something is broken: this runs at each commit.
        string Id() => before.Created.ExecutionId.ToString("D");
    }

    /// <summary>An execution that the engine ended because it could not go on with it.</summary>
    public void OnPlanningFailed(Guid executionId, Exception cause) =>
        monitor.OnBroken(Invariant.PlanningFailed, executionId.ToString("D"), cause.ToString());

    /// <summary>A report was judged.</summary>
    /// <param name="executionId">The execution.</param>
    /// <param name="task">Its task as it was before the report.</param>
    /// <param name="token">The lease that the report came with.</param>
    /// <param name="accepted">Whether it was accepted.</param>
    public void OnReported(Guid executionId, TaskState? task, Guid token, bool accepted)
    {
        if (accepted && task?.Token != token)
        {
            monitor.OnBroken(
                Invariant.ReportWithoutLease, executionId.ToString("D"),
                $"Task '{task?.Instance.Path}' is leased as {task?.Token}, the report came with {token}");
        }
    }

    /// <summary>The journal of an execution was read.</summary>
    /// <exception cref="InvalidDataException">Rows are missing: what is there tells another history.</exception>
    public void OnLoaded(Guid executionId, IReadOnlyList<JournalRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var expected = i == 0 ? 1 : rows[i - 1].Seq + 1;
            if (rows[i].Seq == expected)
            {
                continue;
            }

            var isDuplicate = i > 0 && rows[i].Seq == rows[i - 1].Seq;
            var found = $"Row {expected} was expected and row {rows[i].Seq} found";
            monitor.OnBroken(isDuplicate ? Invariant.DuplicateSeq : Invariant.JournalGap, executionId.ToString("D"), found);
            throw new InvalidDataException(
                $"The journal of execution {executionId} is not whole: row {expected} was expected and row {rows[i].Seq} found. "
                + "'periplon doctor' shows more");
        }
    }

    /// <summary>Compares the row of an execution with the state its journal has led to, at one load in eight.</summary>
    public async Task CheckRowAsync(ExecutionState state, long seq, CancellationToken cancellationToken)
    {
        var id = state.Created.ExecutionId;
        if (!IsChosen(id))
        {
            return;
        }

        try
        {
            var row = await queries.FindAsync(state.Created.Organization, id, cancellationToken);
            if (row is null && state.IsTerminal)
            {
                // Its row is deleted before the partition that holds its journal is dropped.
                return;
            }

            if (row?.Status == state.Status && row.CompletedAt == Stored(state.FinishedAt))
            {
                return;
            }

            // Somebody else may have gone on with it, or deleted it, between the two reads.
            if (await journal.ReadAsync(id, seq - 1, cancellationToken) is [var last] && last.Seq == seq)
            {
                monitor.OnBroken(
                    Invariant.RowDiffers, id.ToString("D"),
                    $"The journal says {state.Status.ToWord()}, the row {row?.Status.ToWord() ?? "is missing"}");
            }
        }
        catch (Exception e) when (StorageErrors.IsTransient(e))
        {
            // The next load looks again; nobody waits for this.
        }
    }

    /// <summary>Whether the row of an execution is compared at its loads: by the random end of its id.</summary>
    internal static bool IsChosen(Guid executionId)
    {
        Span<byte> bytes = stackalloc byte[16];
        executionId.TryWriteBytes(bytes, bigEndian: true, out _);
        return bytes[15] % 8 == 0;
    }

    /// <summary>Whether an execution that should go on has nothing that would make it.</summary>
    internal static bool HasNoWayOn(ExecutionState state) =>
        state is { Status: ExecutionStatus.Running or ExecutionStatus.Waiting }
        && state.Ready.IsEmpty && state.Running.IsEmpty && state.Waiting.IsEmpty && state.Delayed.IsEmpty && state.Timers.IsEmpty

        // What a turn that was full has left to the next one, which follows at once.
        && state.Undecided.IsEmpty && state.Open.IsEmpty && state.OpenOthers.IsEmpty;

    // The databases keep microseconds.
    private static DateTimeOffset? Stored(DateTimeOffset? at) =>
        at is { } time ? SqlValues.FromMicroseconds(SqlValues.ToMicroseconds(time)) : null;

    private static string Name(ExecutionEvent happened) =>
        happened is TaskEvent e ? $"{happened.GetType().Name} of task '{e.Task}'" : happened.GetType().Name;
}

/// <summary>The same for limits.</summary>
internal static class LimitInvariants
{
    /// <summary>One step of a limit. Places may be too many because the limit was lowered, but none is added then.</summary>
    public static void OnDecided(InvariantMonitor monitor, string key, ConcurrencyLimit before, ConcurrencyLimit after)
    {
        if (after.Holders.Count > after.Limit && after.Holders.Except(before.Holders).Count > 0)
        {
            monitor.OnBroken(
                Invariant.LimitExceeded, key,
                $"{after.Holders.Count} hold one of its {after.Limit} places: {string.Join(", ", after.Holders.Select(h => h.Execution))}");
        }
    }
}
