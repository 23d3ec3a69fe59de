using System.Data.Common;
using System.Text.Json;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>What became of deliveries and ended executions; the keys of its table keep anything from being started twice.</summary>
internal sealed partial class TriggerRunStore(Database database)
{
    /// <summary>
    /// Takes a delivery or an ended execution on. When it was taken on before, the stored run is the answer, with the execution id that
    /// was chosen then.
    /// </summary>
    public async Task<(TriggerRun Run, bool IsNew)> ClaimAsync(TriggerRun run, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using (var insert = connection.CreateCommand())
        {
            insert.CommandText = ClaimSql;
            insert.AddId("trigger_id", run.TriggerId);
            insert.AddText("source", run.Source);
            insert.AddText("organization", run.Organization);
            insert.AddText("fingerprint", run.Fingerprint);
            insert.AddId("source_execution_id", run.SourceExecutionId);
            insert.AddId("execution_id", run.ExecutionId);
            insert.AddText("detail", run.Detail);
            insert.AddInteger("depth", run.Depth);
            insert.AddTime("created_at", run.CreatedAt);
            insert.AddTime("updated_at", run.UpdatedAt);
            if (await insert.ExecuteNonQueryAsync(cancellationToken) > 0)
            {
                return (run with { Status = TriggerRunStatus.Pending }, true);
            }
        }

        return (await FindAsync(connection, run, FindClaimSql, cancellationToken)
            ?? await FindAsync(connection, run, FindFingerprintSql, cancellationToken)
            ?? throw new InvalidOperationException($"Run '{run.Source}' of trigger {run.TriggerId} was refused by a key and is not there"),
            false);
    }

    /// <summary>Records what became of a run; what has been done once is not changed.</summary>
    public async Task SettleAsync(
        TriggerRun run, TriggerRunStatus status, string? detail, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SettleSql;
        command.AddId("trigger_id", run.TriggerId);
        command.AddText("source", run.Source);
        command.AddText("status", ToWord(status));
        command.AddText("detail", detail);
        command.AddTime("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How many triggers lead to an execution; 0 for one that no trigger started.</summary>
    public async Task<int> FindDepthAsync(Guid executionId, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = DepthSql;
        command.AddId("execution_id", executionId);
        return await command.ExecuteScalarAsync(cancellationToken) is { } depth ? Convert.ToInt32(depth) : 0;
    }

    /// <summary>Which triggers have taken on which of these ended executions.</summary>
    public async Task<HashSet<(Guid TriggerId, Guid Source)>> FindClaimedAsync(
        IReadOnlyCollection<Guid> sources, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        if (command is NpgsqlCommand postgres)
        {
            command.CommandText = PostgresClaimedSql;
            postgres.Parameters.AddWithValue("sources", sources.ToArray());
        }
        else
        {
            command.CommandText = SqliteClaimedSql;
            command.AddJson("sources", JsonSerializer.Serialize(sources.Select(id => SqlValues.ToText(id))));
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new HashSet<(Guid, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add((reader.GetGuid(0), reader.GetGuid(1)));
        }

        return claimed;
    }

    /// <summary>Says that a run was tried in vain, so that others come before it.</summary>
    public async Task TouchAsync(TriggerRun run, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = TouchSql;
        command.AddId("trigger_id", run.TriggerId);
        command.AddText("source", run.Source);
        command.AddTime("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Triggers with runs that have not been dealt with to the end, in the order of their ids, behind one.</summary>
    public async Task<IReadOnlyList<Guid>> ListPendingTriggersAsync(Guid after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PendingTriggersSql;
        command.AddId("after", after);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    /// <summary>Runs of a trigger that are not dealt with to the end and whose turn it is, those first that were left longest.</summary>
    public async Task<IReadOnlyList<TriggerRun>> ListPendingAsync(
        Guid triggerId, PendingPatience patience, DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PendingSql;
        command.AddId("trigger_id", triggerId);
        command.AddTime("now", now);
        command.AddTime("before", now - patience.Claimed);
        command.AddTime("longest", now - patience.Longest);
        command.AddTime("given_up", now - patience.Delivery);
        command.AddInteger("limit", limit);
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Runs of a trigger, newest first.</summary>
    public async Task<IReadOnlyList<TriggerRun>> ListAsync(
        string organization, Guid triggerId, TriggerRunCursor? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var where = "trigger_id = @trigger_id and organization = @organization";
        command.AddId("trigger_id", triggerId);
        command.AddText("organization", organization);
        if (after is not null)
        {
            where += " and (created_at, source) < (@after_time, @after_source)";
            command.AddTime("after_time", after.CreatedAt);
            command.AddText("after_source", after.Source);
        }

        command.CommandText = $"{SelectSql} where {where} order by created_at desc, source desc limit @limit";
        command.AddInteger("limit", limit);
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Deletes old runs, a few at a time; returns how many.</summary>
    public async Task<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PurgeSql;
        command.AddTime("before", before);
        command.AddInteger("limit", limit);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static string ToWord(TriggerRunStatus status) => status switch
    {
        TriggerRunStatus.Pending => "pending",
        TriggerRunStatus.Started => "started",
        TriggerRunStatus.Signalled => "signalled",
        _ => "refused",
    };

    private static async Task<TriggerRun?> FindAsync(
        DbConnection connection, TriggerRun run, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.AddId("trigger_id", run.TriggerId);
        if (sql == FindClaimSql)
        {
            command.AddText("source", run.Source);
        }
        else
        {
            command.AddText("fingerprint", run.Fingerprint);
        }

        return await ReadAllAsync(command, cancellationToken) is [var found] ? found : null;
    }

    private static async Task<IReadOnlyList<TriggerRun>> ReadAllAsync(DbCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<TriggerRun>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new TriggerRun
            {
                TriggerId = reader.GetGuid(0),
                Source = reader.GetString(1),
                Organization = reader.GetString(2),
                Fingerprint = reader.FindString(3),
                SourceExecutionId = reader.FindGuid(4),
                ExecutionId = reader.FindGuid(5),
                Status = ReadStatus(reader.GetString(6)),
                Detail = reader.FindString(7),
                Depth = reader.GetInt32(8),
                CreatedAt = reader.GetTime(9),
                UpdatedAt = reader.GetTime(10),
            });
        }

        return rows;
    }

    private static TriggerRunStatus ReadStatus(string word) => word switch
    {
        "pending" => TriggerRunStatus.Pending,
        "started" => TriggerRunStatus.Started,
        "signalled" => TriggerRunStatus.Signalled,
        "refused" => TriggerRunStatus.Refused,
        _ => throw new InvalidDataException($"'{word}' is no status of a trigger's run"),
    };
}
