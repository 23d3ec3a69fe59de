using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Retention;

/// <summary>What a round has deleted.</summary>
/// <param name="Executions">Executions.</param>
/// <param name="Partitions">Monthly partitions that were dropped.</param>
/// <param name="Others">Rows of other tables that had grown old.</param>
internal sealed record RetentionSummary(int Executions, int Partitions, long Others)
{
    public bool IsEmpty => Executions == 0 && Partitions == 0 && Others == 0;
}

/// <summary>
/// One round of retention: by age, by count, and the space that becomes free. It deletes a little at a time and lets the database rest in
/// between. Rounds may overlap; only their work would be done twice, not their harm.
/// </summary>
internal sealed partial class RetentionRound(
    Database database, ExecutionPurge purge, MonthlyPartitions partitions, AgedTables aged, FreedSpace space,
    RetentionInstruments instruments, RetentionOptions options, TimeProvider time, ILogger<RetentionRound> logger)
{
    // So many deletions that fail one after the other are no defect of theirs: the database has trouble.
    private const int MostFailures = 20;

    private const int WorkflowPage = 100;

    // On SQLite nobody else writes meanwhile.
    private int _failures;
    private readonly PurgePace _pace = new(
        options.BatchSize, TimeSpan.FromMilliseconds(database.Kind is DatabaseKind.Sqlite ? 50 : 200));

    /// <summary>Deletes all that is due now.</summary>
    public async Task<RetentionSummary> RunOnceAsync(CancellationToken cancellationToken)
    {
        _failures = 0;
        var cutoff = time.GetUtcNow() - options.MaxAge;
        var executions = await PurgeMonthsAsync(cutoff, cancellationToken);
        executions += await PurgeByAgeAsync(cutoff, cancellationToken);
        if (options.MaxPerWorkflow > 0)
        {
            executions += await PurgeByCountAsync(cancellationToken);
        }

        var others = await aged.PurgeAsync(cutoff, options.BatchSize, RestAsync, cancellationToken);
        var dropped = await DropEmptyAsync(cutoff, cancellationToken);
        await space.ReleaseAsync(executions, RestAsync, cancellationToken);
        return new(executions, dropped, others);
    }

    // A month of which nothing stays: only the rows are deleted, journal and log go with their partitions.
    private async Task<int> PurgeMonthsAsync(DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var months = (await partitions.ListAsync(cancellationToken)).Where(each => each.End <= cutoff).DistinctBy(each => each.Month);
        foreach (var month in months)
        {
            if (await KeepsAsync(month, cutoff, cancellationToken))
            {
                continue;
            }

            // Each pass deletes the last of what is left of each chain of retries; their journals all go with the month.
            int gone;
            do
            {
                gone = await PurgeMonthAsync(month, cancellationToken);
                deleted += gone;
            }
            while (gone > 0);
        }

        return deleted;
    }

    private async Task<int> PurgeMonthAsync(MonthlyPartition month, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var after = Guid.Empty;
        while (true)
        {
            var (ids, _) = await ReadAsync(MonthSql, command => AddRange(command, month, after), cancellationToken);
            if (ids.Count == 0)
            {
                return deleted;
            }

            after = ids[^1];
            deleted += await DeleteAsync(ids, PurgeReasons.Age, keepsJournal: true, cancellationToken);
        }
    }

    private async Task<int> PurgeByAgeAsync(DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var (afterTime, afterId) = (DateTimeOffset.UnixEpoch, Guid.Empty);
        while (true)
        {
            await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = AgedSql;
            command.AddTime("cutoff", cutoff);
            command.AddTime("after_time", afterTime);
            command.AddId("after_id", afterId);
            command.AddInteger("limit", _pace.Size);
            var (seen, due) = (0, new List<Guid>());
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    seen++;
                    (afterId, afterTime) = (reader.GetGuid(0), reader.GetTime(1));
                    if (!reader.GetBoolean(2))
                    {
                        due.Add(afterId);
                    }
                }
            }

            if (seen == 0)
            {
                return deleted;
            }

            deleted += await DeleteTreesAsync(due, PurgeReasons.Age, cancellationToken);
        }
    }

    private async Task<int> DeleteTreesAsync(IReadOnlyList<Guid> roots, string reason, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var trees = roots.Count == 0 ? [] : await purge.ReadTreesAsync(roots, cancellationToken);
        for (var next = 0; next < trees.Count;)
        {
            var batch = trees.Skip(next).Take(_pace.Size).ToList();
            next += batch.Count;
            deleted += await DeleteAsync(batch, reason, keepsJournal: false, cancellationToken);
        }

        return deleted;
    }

    private async Task<int> PurgeByCountAsync(CancellationToken cancellationToken)
    {
        var deleted = 0;
        var after = Guid.Empty;
        while (true)
        {
            var (workflows, _) = await ReadAsync(
                WorkflowsSql,
                command =>
                {
                    command.AddId("after", after);
                    command.AddInteger("limit", WorkflowPage);
                },
                cancellationToken);
            foreach (var workflow in workflows)
            {
                deleted += await PurgeSurplusAsync(workflow, cancellationToken);
            }

            if (workflows.Count < WorkflowPage)
            {
                return deleted;
            }

            after = workflows[^1];
        }
    }

    private async Task<int> PurgeSurplusAsync(Guid workflow, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var (first, firstTime) = await ReadNewestSurplusAsync(workflow, cancellationToken);
        while (first is { } id && firstTime is { } at)
        {
            var size = _pace.Size;
            var (roots, times) = await ReadAsync(
                SurplusIdsSql,
                command =>
                {
                    command.AddId("workflow", workflow);
                    command.AddTime("after_time", at);
                    command.AddId("after_id", id);
                    command.AddTime("least", time.GetUtcNow() - RetentionOptions.LeastAge);
                    command.AddInteger("limit", size + 1);
                },
                cancellationToken, hasTimes: true);

            // The last one begins the next page.
            var isLast = roots.Count <= size;
            (first, firstTime) = isLast ? ((Guid?)null, (DateTimeOffset?)null) : (roots[^1], times[^1]);
            IReadOnlyList<Guid> page = isLast ? roots : [.. roots.SkipLast(1)];
            deleted += await DeleteTreesAsync(page, PurgeReasons.Count, cancellationToken);
        }

        return deleted;
    }

    private async Task<(Guid? Id, DateTimeOffset? At)> ReadNewestSurplusAsync(Guid workflow, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SurplusSql;
        command.AddId("workflow", workflow);
        command.AddInteger("offset", options.MaxPerWorkflow);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(1), reader.GetTime(0)) : (null, null);
    }

    private async Task<int> DropEmptyAsync(DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var partition in (await partitions.ListAsync(cancellationToken)).Where(each => each.End <= cutoff))
        {
            if (await partitions.TryDropAsync(partition, cancellationToken))
            {
                instruments.OnPartitionDropped();
                dropped++;
            }
        }

        return dropped;
    }

    private async Task<int> DeleteAsync(IReadOnlyList<Guid> ids, string reason, bool keepsJournal, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return 0;
        }

        var start = time.GetTimestamp();
        try
        {
            var deleted = await purge.DeleteAsync(ids, reason, keepsJournal, cancellationToken);
            _failures = 0;
            await RestAsync(time.GetElapsedTime(start), cancellationToken);
            await space.ReleaseBatchAsync(RestAsync, cancellationToken);
            return deleted.Count;
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            instruments.OnFailure();
            if (++_failures == MostFailures)
            {
                throw;
            }

            await RestAsync(time.GetElapsedTime(start), cancellationToken);
            if (ids.Count == 1)
            {
                LogNotDeleted(e, ids[0]);
                return 0;
            }
        }

        // One that cannot be deleted must not keep the others.
        var half = ids.Count / 2;
        return await DeleteAsync([.. ids.Take(half)], reason, keepsJournal, cancellationToken)
            + await DeleteAsync([.. ids.Skip(half)], reason, keepsJournal, cancellationToken);
    }

    private Task RestAsync(TimeSpan elapsed, CancellationToken cancellationToken) =>
        Task.Delay(_pace.After(elapsed), time, cancellationToken);

    private async Task<bool> KeepsAsync(MonthlyPartition month, DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = MonthKeepsSql;
        command.AddId("first", month.FirstId);
        command.AddId("end", month.EndId);
        command.AddTime("cutoff", cutoff);
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            // So many that it cannot be told in time: they are deleted one batch after the other.
            return true;
        }
    }

    private void AddRange(DbCommand command, MonthlyPartition month, Guid after)
    {
        command.AddId("first", month.FirstId);
        command.AddId("end", month.EndId);
        command.AddId("after", after);
        command.AddInteger("limit", _pace.Size);
    }

    private async Task<(IReadOnlyList<Guid> Ids, IReadOnlyList<DateTimeOffset> Times)> ReadAsync(
        string sql, Action<DbCommand> bind, CancellationToken cancellationToken, bool hasTimes = false)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        bind(command);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (ids, times) = (new List<Guid>(), new List<DateTimeOffset>());
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
            if (hasTimes)
            {
                times.Add(reader.GetTime(1));
            }
        }

        return (ids, times);
    }

    [LoggerMessage(LogLevel.Warning, "Execution {ExecutionId} could not be deleted; the next round tries it again")]
    private partial void LogNotDeleted(Exception exception, Guid executionId);
}
