using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Retention;

/// <summary>Deletes ended executions with everything that is theirs.</summary>
internal interface IExecutionPurge
{
    /// <summary>Deletes an execution and the executions of its subflows.</summary>
    /// <returns>What was deleted: nothing when it, its parent or one of its children has not ended, or a retry of it exists.</returns>
    Task<PurgedTree> DeleteTreeAsync(Guid executionId, CancellationToken cancellationToken);
}

/// <summary>What was deleted of an execution and those of its subflows.</summary>
/// <param name="Deleted">How many.</param>
/// <param name="IsGone">Whether the execution itself is among them. It goes last, and stays when it is needed or held meanwhile.</param>
internal readonly record struct PurgedTree(int Deleted, bool IsGone);

/// <summary>
/// Deletes ended executions: log lines first, in statements of their own, because there may be millions; then the row with journal and
/// checkpoint in one transaction, so that none is ever seen without the other; then the files, which a sweep finds when this dies before.
/// What has not ended, and what it needs, is refused by the statement itself, so that two who delete at once do no harm.
/// </summary>
internal sealed partial class ExecutionPurge(
    Database database, IArtifactStore artifacts, RetentionInstruments instruments, TimeProvider time, ILogger<ExecutionPurge> logger)
    : IExecutionPurge
{
    /// <summary>Most rows of journal or log that one statement deletes.</summary>
    internal const int MaxRows = 5_000;

    private const int TreeBatch = 100;

    public async Task<PurgedTree> DeleteTreeAsync(Guid executionId, CancellationToken cancellationToken)
    {
        var tree = new PurgedTree(0, false);
        foreach (var batch in (await ReadTreesAsync([executionId], cancellationToken)).Chunk(TreeBatch))
        {
            var gone = await DeleteAsync(batch, PurgeReasons.Request, keepsJournal: false, cancellationToken);
            tree = new(tree.Deleted + gone.Count, tree.IsGone || gone.Contains(executionId));
        }

        return tree;
    }

    /// <summary>
    /// Those of some executions that nothing needs, with those of their subflows. They go last, so that a repetition finds what an
    /// interrupted deletion has left. A subflow that was retried by itself is not among them, nor what is below it.
    /// </summary>
    public async Task<IReadOnlyList<Guid>> ReadTreesAsync(IReadOnlyList<Guid> roots, CancellationToken cancellationToken)
    {
        var ids = await FindUnneededAsync(roots, cancellationToken);
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"""
            with recursive tree (id, organization) as (
              select id, organization from executions where id{command.AddIds("ids", ids)}
              union
              select c.id, c.organization from executions c
                join tree t on c.parent_execution_id = t.id and c.organization = t.organization
               where c.trigger_type = '{TriggerTypes.Subflow}' and not exists (select 1 from executions r where r.retry_of = c.id))
            select id from tree
            """;
        return [.. (await ReadIdsAsync(command, cancellationToken)).Reverse()];
    }

    /// <summary>Deletes those of some executions that have ended and that nothing alive needs.</summary>
    /// <param name="ids">The executions; as many as one transaction may delete.</param>
    /// <param name="reason">One of <see cref="PurgeReasons"/>.</param>
    /// <param name="keepsJournal">Whether journal and log stay, because their whole partition is dropped afterwards.</param>
    /// <param name="cancellationToken">Stops between transactions.</param>
    /// <returns>Those that were deleted.</returns>
    public async Task<IReadOnlyList<Guid>> DeleteAsync(
        IReadOnlyList<Guid> ids, string reason, bool keepsJournal, CancellationToken cancellationToken)
    {
        var deleted = new List<Guid>();
        if (ids.Count == 0)
        {
            return deleted;
        }

        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        if (!keepsJournal)
        {
            // What has ended stays so: the log of what is found here goes first, and nothing is left without its execution.
            ids = await FindUnneededAsync(ids, cancellationToken);
            await DeleteLogsAsync(connection, ids, cancellationToken);
        }

        var rows = keepsJournal ? [] : await CountAsync(connection, "execution_events", ids, cancellationToken);
        foreach (var (id, _) in rows.Where(each => each.Value > MaxRows))
        {
            await ThinJournalAsync(connection, id, cancellationToken);
        }

        foreach (var pack in keepsJournal ? [[.. ids]] : Pack(ids, rows))
        {
            var gone = await DeletePackAsync(connection, pack, keepsJournal, cancellationToken);
            instruments.OnExecutions(reason, gone.Count);
            deleted.AddRange(gone);
        }

        await DeleteArtifactsAsync(deleted, cancellationToken);
        return deleted;
    }

    private async Task<IReadOnlyList<Guid>> FindUnneededAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"select e.id from executions e where e.id{command.AddIds("ids", ids)} and {UnneededSql}";
        return await ReadIdsAsync(command, cancellationToken);
    }

    // Its first and its last row stay until the execution goes: so nobody takes what is left for one that has just begun, or goes on with
    // it, and a repetition finds what is left of it.
    private async Task ThinJournalAsync(DbConnection connection, Guid id, CancellationToken cancellationToken)
    {
        long last;
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = $"select max(seq) from execution_events where execution_id = @id{command.AddPartition(id)}";
            command.AddId("id", id);
            last = Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        }

        for (var first = 2L; first < last; first += MaxRows)
        {
            var start = time.GetTimestamp();
            await using var command = connection.CreateCommand();
            command.CommandText = "delete from execution_events where execution_id = @id and seq >= @first and seq < @bound"
                + command.AddPartition(id);
            command.AddId("id", id);
            command.AddNumber("first", first);
            command.AddNumber("bound", Math.Min(first + MaxRows, last));
            instruments.OnRows("execution_events", await command.ExecuteNonQueryAsync(cancellationToken));
            instruments.OnTransaction(time.GetElapsedTime(start));
        }
    }

    // Large journals go alone, small ones together.
    private static List<List<Guid>> Pack(IReadOnlyList<Guid> ids, Dictionary<Guid, long> rows)
    {
        var packs = new List<List<Guid>>();
        var size = long.MaxValue;
        foreach (var id in ids)
        {
            var count = rows.GetValueOrDefault(id);
            if (packs.Count == 0 || size + count > MaxRows)
            {
                packs.Add([]);
                size = 0;
            }

            packs[^1].Add(id);
            size += count;
        }

        return packs;
    }

    private async Task<IReadOnlyList<Guid>> DeletePackAsync(
        DbConnection connection, IReadOnlyList<Guid> ids, bool keepsJournal, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await using var transaction = connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: false)
            : await connection.BeginTransactionAsync(cancellationToken);
        IReadOnlyList<Guid> gone;
        await using (var command = connection.CreateCommand())
        {
            command.Transaction = transaction;
            command.CommandText = connection is SqliteConnection ? SqliteDeleteSql : PostgresDeleteSql;
            command.AddIds("ids", ids);
            gone = await ReadIdsAsync(command, cancellationToken);
        }

        if (gone.Count > 0)
        {
            await DeleteRowsAsync(connection, transaction, "checkpoints", gone, isPartitioned: false, cancellationToken);
            if (!keepsJournal)
            {
                await DeleteRowsAsync(connection, transaction, "execution_events", gone, isPartitioned: true, cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        instruments.OnTransaction(time.GetElapsedTime(start));
        return gone;
    }

    private async Task DeleteLogsAsync(DbConnection connection, IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var rows = await CountAsync(connection, "execution_logs", ids, cancellationToken);
        var pack = new List<Guid>();
        var size = 0L;
        foreach (var (id, count) in rows)
        {
            if (count > MaxRows)
            {
                await DeleteLongLogAsync(connection, id, cancellationToken);
                continue;
            }

            if (size + count > MaxRows)
            {
                await DeleteRowsAsync(connection, null, "execution_logs", pack, isPartitioned: true, cancellationToken);
                (pack, size) = ([], 0);
            }

            pack.Add(id);
            size += count;
        }

        await DeleteRowsAsync(connection, null, "execution_logs", pack, isPartitioned: true, cancellationToken);
    }

    private async Task DeleteLongLogAsync(DbConnection connection, Guid id, CancellationToken cancellationToken)
    {
        while (true)
        {
            object? bound;
            await using (var command = connection.CreateCommand())
            {
                command.CommandText =
                    $"select id from execution_logs where execution_id = @id{command.AddPartition(id)} order by id limit 1 offset @offset";
                command.AddId("id", id);
                command.AddInteger("offset", MaxRows);
                bound = await command.ExecuteScalarAsync(cancellationToken);
            }

            if (bound is null or DBNull)
            {
                await DeleteRowsAsync(connection, null, "execution_logs", [id], isPartitioned: true, cancellationToken);
                return;
            }

            var start = time.GetTimestamp();
            await using var delete = connection.CreateCommand();
            delete.CommandText = $"delete from execution_logs where execution_id = @id and id < @bound{delete.AddPartition(id)}";
            delete.AddId("id", id);
            delete.AddNumber("bound", Convert.ToInt64(bound, CultureInfo.InvariantCulture));
            instruments.OnRows("execution_logs", await delete.ExecuteNonQueryAsync(cancellationToken));
            instruments.OnTransaction(time.GetElapsedTime(start));
        }
    }

    private async Task DeleteRowsAsync(
        DbConnection connection, DbTransaction? transaction, string table, IReadOnlyList<Guid> ids, bool isPartitioned,
        CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return;
        }

        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"delete from {table} where execution_id{command.AddIds("ids", ids)}"
            + (isPartitioned ? command.AddPartitions(ids) : "");
        instruments.OnRows(table, await command.ExecuteNonQueryAsync(cancellationToken));
    }

    private async Task DeleteArtifactsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        foreach (var id in ids)
        {
            try
            {
                await artifacts.DeleteAsync(id, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The sweep of artifacts tries again.
                instruments.OnFailure();
                LogArtifactsKept(e, id);
            }
        }
    }

    private static async Task<Dictionary<Guid, long>> CountAsync(
        DbConnection connection, string table, IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<Guid, long>();
        if (ids.Count == 0)
        {
            return counts;
        }

        await using var command = connection.CreateCommand();
        command.CommandText =
            $"select execution_id, count(*) from {table} where execution_id{command.AddIds("ids", ids)}{command.AddPartitions(ids)}"
            + " group by execution_id";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[reader.GetGuid(0)] = reader.GetInt64(1);
        }

        return counts;
    }

    private static async Task<IReadOnlyList<Guid>> ReadIdsAsync(DbCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    [LoggerMessage(LogLevel.Warning, "The artifacts of execution {ExecutionId} could not be deleted; it is tried again")]
    private partial void LogArtifactsKept(Exception exception, Guid executionId);
}

/// <summary>Why executions are deleted.</summary>
internal static class PurgeReasons
{
    public const string Age = "age";
    public const string Count = "count";
    public const string Request = "request";
}
