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

        return code is "" ? null : new Finding
        {
            Code = code,
            Severity = row.Status.IsTerminal() ? FindingSeverity.Warning : FindingSeverity.Error,
            Target = TargetOf(row),
            Organization = row.Organization,
            Found = found,
            Matters = row.Status.IsTerminal()
                ? "What it did cannot be shown any more"
                : "Nobody can tell what it has done and what comes next, so it never ends by itself",
            Advice = row.Status.IsTerminal()
                ? "Restore its journal from a backup, or delete it"
                : "Restore its journal from a backup; --repair ends it as failed, so that nothing waits for it",
            Mend = row.Status.IsTerminal() ? null : ExecutionRepairs.EndAsFailed(row, $"A defect of the storage ended it: {found}"),
        };
    }

    /// <summary>An execution that has ended, by its last event.</summary>
    public static IEnumerable<Finding> OfEnded(ExecutionRow row, IReadOnlyList<JournalRow> journal, WorkflowCatalog catalog)
    {
        string? found;
        try
        {
            var last = EventCodec.Decode(journal[^1].Events.Span).OfType<ExecutionFinished>().FirstOrDefault();
            found = last is null ? $"Its row says {row.Status.ToWord()}, and its journal has no end"
                : last.Status != row.Status ? $"Its row says {row.Status.ToWord()} and its journal {last.Status.ToWord()}"
                : Stored(last.At) != row.CompletedAt ? $"Its row says it ended at {Text(row.CompletedAt)} and its journal at {Text(last.At)}"
                : null;
        }
        catch (JsonException e)
        {
            found = $"The last row of its journal cannot be read: {e.Message}";
        }

        if (found is not null)
        {
            yield return Differs(row, found, catalog);
        }
    }

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

        // What waits for its first worker is found by its place in the queue, not by its time.
        if (row.Status is ExecutionStatus.Queued && row.WaitReason == "worker")
        {
            yield break;
        }

        if (row.NextWakeAt > now + LateAfter && row.NextWakeAt > expected.NextWakeAt + LateAfter)
        {
            yield return new Finding
            {
                Code = "wakes_too_late",
                Severity = FindingSeverity.Error,
                Target = TargetOf(row),
                Organization = row.Organization,
                Found = $"Its next wake-up is at {Text(row.NextWakeAt)}; it is due at {Text(expected.NextWakeAt)}",
                Matters = "If the silo that holds it dies, nobody goes on with it until then",
                Advice = "--repair sets its next wake-up to now; the sweep then looks at it",
                Mend = ExecutionRepairs.Wake(row),
            };
        }

        if (!isOffline && row.NextWakeAt < now - StuckAfter)
        {
            yield return new Finding
            {
                Code = "overdue",
                Severity = FindingSeverity.Error,
                Target = TargetOf(row),
                Organization = row.Organization,
                Found = $"Its next wake-up was at {Text(row.NextWakeAt)}, {(now - row.NextWakeAt.Value).TotalMinutes:F0} minutes ago",
                Matters = "Nobody looks after its partition of the queue, so it does not go on",
                Advice = "Start a server or worker, and look into the logs of those that run for why the sweep fails",
            };
        }
    }

    /// <summary>A live execution whose revision is not stored.</summary>
    public static Finding RevisionMissing(ExecutionRow row, string problem) => new()
    {
        Code = "revision_missing",
        Severity = FindingSeverity.Error,
        Target = TargetOf(row),
        Organization = row.Organization,
        Found = $"It cannot be loaded: {problem}",
        Matters = "It cannot go on, nor end",
        Advice = "Restore the revision from a backup; --repair ends it as failed, so that nothing waits for it",
        Mend = ExecutionRepairs.EndAsFailed(row, $"A defect of the storage ended it: {problem}"),
    };

    /// <summary>A journal that is whole and cannot be replayed. No repair: a newer version may be able to read it, and be running it.</summary>
    public static Finding Unreadable(ExecutionRow row, string problem) => new()
    {
        Code = "journal_unreadable",
        Severity = FindingSeverity.Error,
        Target = TargetOf(row),
        Organization = row.Organization,
        Found = $"It cannot be loaded: {problem}",
        Matters = "This version of the program can neither go on with it nor end it",
        Advice = "Look with the newest version that runs in the cluster; if it says the same, restore the journal from a backup",
    };

    /// <summary>An execution in a partition that is not there.</summary>
    public static Finding PartitionUnknown(ExecutionRow row, int partitions) => new()
    {
        Code = "partition_unknown",
        Severity = FindingSeverity.Error,
        Target = TargetOf(row),
        Organization = row.Organization,
        Found = $"It belongs to partition {row.Partition}; there are 0 to {partitions - 1} (queue.partitions)",
        Matters = "No sweep looks at it, so a lost message would leave it where it is for ever",
        Advice = "--repair gives it to a partition that exists, as the next start of a server does",
        Mend = ExecutionRepairs.FitPartition(row, partitions),
    };

    private static Finding Differs(ExecutionRow row, string found, WorkflowCatalog catalog) => new()
    {
        Code = "row_differs",
        Severity = FindingSeverity.Error,
        Target = TargetOf(row),
        Organization = row.Organization,
        Found = found,
        Matters = "Lists, filters and the sweep go by the row: it is shown wrongly, and may not be gone on with",
        Advice = "--repair writes the row anew from the journal, which is what counts",
        Mend = ExecutionRepairs.Rewrite(row.Id, catalog),
    };

    /// <summary>How a finding names an execution.</summary>
    public static string TargetOf(ExecutionRow row) => $"execution {row.Id:D}";

    internal static string Text(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture) ?? "never";

    private static string Text(ExecutionRow row) =>
        row.Status.ToWord() + (row.WaitReason is { } reason ? $" (waits for {reason})" : "");

    // The databases keep microseconds.
    private static DateTimeOffset Stored(DateTimeOffset at) => SqlValues.FromMicroseconds(SqlValues.ToMicroseconds(at));
}
