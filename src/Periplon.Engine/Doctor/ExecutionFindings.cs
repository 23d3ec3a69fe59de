using System.Globalization;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Doctor;

/// <summary>What can be wrong with one execution.</summary>
internal static class ExecutionFindings
{
    /// <summary>How long something may be due before it is called stuck.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LateAfter = 2 * ExecutionRows.SafetyInterval;

    /// <summary>A journal that is not whole.</summary>
    public static Finding? OfJournal(ExecutionRow row, IReadOnlyList<JournalRow> journal)
    {
        var (code, found) = ("", "");
        if (journal.Count == 0)
        {
            (code, found) = ("journal_missing", "It has a row and no journal");
        }
        else if (journal.Select((each, i) => (each.Seq, Expected: i + 1L)).FirstOrDefault(each => each.Seq != each.Expected) is
            { Expected: > 0 } gap)
        {
            (code, found) = ("journal_gap", $"Row {gap.Expected} of its journal was expected and row {gap.Seq} found");
        }

        return code is "" ? null : About(
            row, code, row.Status.IsTerminal() ? FindingSeverity.Warning : FindingSeverity.Error,
            found,
            row.Status.IsTerminal()
                ? "What it did cannot be shown any more"
                : "Nobody can tell what it has done and what comes next, so it never ends by itself",
            row.Status.IsTerminal()
                ? "Restore its journal from a backup, or delete it"
                : "Restore its journal from a backup; --repair ends it as failed, so that nothing waits for it",
            row.Status.IsTerminal() ? null : ExecutionRepairs.EndAsFailed(row, $"A defect of the storage ended it: {found}"));
    }

    /// <summary>An execution that has ended, by its last event.</summary>
    public static IEnumerable<Finding> OfEnded(ExecutionRow row, IReadOnlyList<JournalRow> journal, WorkflowCatalog catalog)
    {
        string? found;
        try
        {
            var events = EventCodec.Decode(journal[^1].Events.Span);
            var ends = events.OfType<ExecutionFinished>().ToList();
            if (ends.Count > 1 || (ends.Count == 1 && events[^1] is not ExecutionFinished))
            {
                return [GoesOn(row, ends.Count)];
            }

            var last = ends.FirstOrDefault();
            found = last is null ? $"Its row says {row.Status.ToWord()}, and its journal has no end"
                : last.Status != row.Status ? $"Its row says {row.Status.ToWord()} and its journal {last.Status.ToWord()}"
                : Stored(last.At) != row.CompletedAt
                    ? $"Its row says it ended at {Text(row.CompletedAt)} and its journal at {Text(last.At)}"
                : null;
        }
        catch (JsonException e)
        {
            found = $"The last row of its journal cannot be read: {e.Message}";
        }

        return found is null ? [] : [Differs(row, found, catalog)];
    }

    private static Finding GoesOn(ExecutionRow row, int ends) => About(
        row, "journal_after_end", FindingSeverity.Error,
        ends > 1 ? $"The last row of its journal holds {ends} ends" : "The last row of its journal holds events after its end",
        "An end never changes: something was recorded that must not have been, by a defect of the program or by hand",
        "Its first end is what counts, and what it did until then; report this with its events");

    /// <summary>An execution that has not ended by its row, against the state of its journal.</summary>
    public static IEnumerable<Finding> OfLive(
        ExecutionRow row, ExecutionState state, long seq, WorkflowCatalog catalog,
        DateTimeOffset now, bool isOffline)
    {
        var expected = ExecutionReplay.RowOf(row, state, now);
        if (row.Status != expected.Status || row.WaitReason != expected.WaitReason)
        {
            yield return Differs(
                row,
                $"Its row says {Text(row)} and its journal, at row {seq.ToString(CultureInfo.InvariantCulture)}, {Text(expected)}", catalog);
            yield break;
        }

        // What waits for its first worker is found by its place in the queue, not by its time; only its own next time must be there.
        if (row.Status is ExecutionStatus.Queued && row.WaitReason == "worker")
        {
            if (expected.NextWakeAt is { } timer && timer > state.Created.At
                && (row.NextWakeAt is null || row.NextWakeAt <= row.CreatedAt || row.NextWakeAt > timer + LateAfter))
            {
                yield return About(
                    row, "wakes_too_late", FindingSeverity.Error,
                    $"It waits for a worker and is to be looked at at {Text(row.NextWakeAt)}; its time limit is at {Text(timer)}",
                    "If no worker takes it, its time limit does not end it",
                    "--repair writes the time of its limit into its row",
                    ExecutionRepairs.WakeAt(row, timer));
            }

            yield break;
        }

        if (row.NextWakeAt > now + LateAfter && row.NextWakeAt > expected.NextWakeAt + LateAfter)
        {
            yield return About(
                row, "wakes_too_late", FindingSeverity.Error,
                $"Its next wake-up is at {Text(row.NextWakeAt)}; it is due at {Text(expected.NextWakeAt)}",
                "If the silo that holds it dies, nobody goes on with it until then",
                "--repair sets its next wake-up to now; the sweep then looks at it",
                ExecutionRepairs.Wake(row));
        }

        if (!isOffline && row.NextWakeAt < now - StuckAfter)
        {
            yield return About(
                row, "overdue", FindingSeverity.Error,
                $"Its next wake-up was at {Text(row.NextWakeAt)}, {(now - row.NextWakeAt.Value).TotalMinutes:F0} minutes ago",
                "Nobody looks after its partition of the queue, so it does not go on",
                "Start a server or worker, and look into the logs of those that run for why the sweep fails");
        }
    }

    /// <summary>A live execution whose revision is not stored.</summary>
    public static Finding RevisionMissing(ExecutionRow row, string problem) => About(
        row, "revision_missing", FindingSeverity.Error,
        $"It cannot be loaded: {problem}",
        "It cannot go on, nor end",
        "Restore the revision from a backup; --repair ends it as failed, so that nothing waits for it",
        ExecutionRepairs.EndAsFailed(row, $"A defect of the storage ended it: {problem}"));

    /// <summary>A journal that is whole and cannot be replayed. No repair: a newer version may be able to read it, and be running
    /// it.</summary>
    public static Finding Unreadable(ExecutionRow row, string problem) => About(
        row, "journal_unreadable", FindingSeverity.Error,
        $"It cannot be loaded: {problem}",
        "This version of the program can neither go on with it nor end it",
        "Look with the newest version that runs in the cluster; if it says the same, restore the journal from a backup");

    /// <summary>An execution in a partition that is not there.</summary>
    public static Finding PartitionUnknown(ExecutionRow row, int partitions) => About(
        row, "partition_unknown", FindingSeverity.Error,
        $"It belongs to partition {row.Partition}; there are 0 to {partitions - 1} (queue.partitions)",
        "No sweep looks at it, so a lost message would leave it where it is for ever",
        "--repair gives it to a partition that exists, as the next start of a server does",
        ExecutionRepairs.FitPartition(row, partitions));

    private static Finding Differs(ExecutionRow row, string found, WorkflowCatalog catalog) => About(
        row, "row_differs", FindingSeverity.Error,
        found,
        "Lists, filters and the sweep go by the row: it is shown wrongly, and may not be gone on with",
        "--repair writes the row anew from the journal, which is what counts",
        ExecutionRepairs.Rewrite(row.Id, catalog));

    /// <summary>A finding about an execution.</summary>
    public static Finding About(
        ExecutionRow row, string code, FindingSeverity severity, string found, string matters, string advice, Mend? mend = null) => new()
    {
        Code = code, Severity = severity, Target = $"execution {row.Id:D}", Organization = row.Organization, Found = found,
        Matters = matters, Advice = advice, Mend = mend,
    };

    internal static string Text(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture) ?? "never";

    private static string Text(ExecutionRow row) =>
        row.Status.ToWord() + (row.WaitReason is { } reason ? $" (waits for {reason})" : "");

    // The databases keep microseconds.
    private static DateTimeOffset Stored(DateTimeOffset at) => SqlValues.FromMicroseconds(SqlValues.ToMicroseconds(at));
}
