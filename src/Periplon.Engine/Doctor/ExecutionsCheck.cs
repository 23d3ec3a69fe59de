using System.Data;
using System.Data.Common;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Doctor;

/// <summary>
/// Compares each execution's row with its journal, both read in one snapshot: those that have not ended are replayed, of those that have
/// the first and last events are looked at. Those that have not ended come first.
/// </summary>
internal sealed class ExecutionsCheck(Database database, WorkflowCatalog catalog, int partitions, bool isOffline) : IDoctorCheck
{
    private const int PageSize = 50;
    private const string ActiveSql = "status in ('queued', 'running', 'waiting', 'paused')";

    public string Name => "executions";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var looked = await WalkAsync(run, ActiveSql, 0, cancellationToken);
        return await WalkAsync(run, "completed_at is not null", looked, cancellationToken);
    }

    private async Task<long> WalkAsync(DoctorRun run, string which, long looked, CancellationToken cancellationToken)
    {
        var after = Guid.Empty;
        while (true)
        {
            if (run.Request.MaxExecutions > 0 && looked >= run.Request.MaxExecutions)
            {
                run.IsComplete = false;
                return looked;
            }

            var page = await ReadPageAsync(which, after, cancellationToken);
            foreach (var (row, journal) in page)
            {
                foreach (var finding in await JudgeAsync(row, journal, run.Now, cancellationToken))
                {
                    await run.ReportAsync(finding, cancellationToken);
                }
            }

            if (page.Count < PageSize)
            {
                return looked + page.Count;
            }

            (after, looked) = (page[^1].Row.Id, looked + page.Count);
            await run.RestAsync(cancellationToken);
        }
    }

    private async Task<IReadOnlyList<Finding>> JudgeAsync(
        ExecutionRow row, IReadOnlyList<JournalRow> journal, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        if (ExecutionFindings.OfJournal(row, journal) is { } broken)
        {
            findings.Add(broken);
        }
        else if (row.Status.IsTerminal())
        {
            findings.AddRange(ExecutionFindings.OfEnded(row, journal, catalog));
        }
        else
        {
            var (state, problem) = await ExecutionReplay.OfAsync(catalog, row.Id, journal, cancellationToken);
            if (state is null)
            {
                findings.Add(problem!.EndsWith(ExecutionReplay.NotStored, StringComparison.Ordinal)
                    ? ExecutionFindings.RevisionMissing(row, problem)
                    : ExecutionFindings.Unreadable(row, problem));
            }
            else
            {
                findings.AddRange(ExecutionFindings.OfLive(row, state, journal[^1].Seq, catalog, now, isOffline));
                findings.AddRange(await new FamilyFindings(database).OfAsync(row, state, now, cancellationToken));
            }
        }

        if (!row.Status.IsTerminal() && row.Partition >= partitions)
        {
            findings.Add(ExecutionFindings.PartitionUnknown(row, partitions));
        }

        return findings;
    }

    private async Task<List<(ExecutionRow Row, IReadOnlyList<JournalRow> Journal)>> ReadPageAsync(
        string which, Guid after, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var transaction = database.Kind is DatabaseKind.Postgres
            ? await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken)
            : ((Microsoft.Data.Sqlite.SqliteConnection)connection).BeginTransaction(deferred: true);
        var rows = new List<ExecutionRow>();
        await using (var command = connection.CreateCommand())
        {
            command.Transaction = transaction;
            command.CommandText = $"{ExecutionQueries.SelectSql} where {which} and id > @after order by id limit @limit";
            command.AddId("after", after);
            command.AddInteger("limit", PageSize);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(ExecutionQueries.ReadRow(reader));
            }
        }

        var page = new List<(ExecutionRow, IReadOnlyList<JournalRow>)>();
        foreach (var row in rows)
        {
            page.Add((row, await ReadJournalAsync(connection, transaction, row.Id, cancellationToken)));
        }

        return page;
    }

    /// <summary>The journal of an execution, as a transaction sees it.</summary>
    internal static async Task<IReadOnlyList<JournalRow>> ReadJournalAsync(
        DbConnection connection, DbTransaction? transaction, Guid id, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "select seq, events, at from execution_events where execution_id = @id"
            + command.AddPartition(id) + " order by seq";
        command.AddId("id", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var journal = new List<JournalRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            journal.Add(new(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetTime(2)));
        }

        return journal;
    }
}
