using System.Data.Common;
using System.Text.Json;
using Npgsql;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>What became of storing a trigger.</summary>
internal enum TriggerSaveStatus
{
    Saved,
    /// <summary>Another trigger of the organization has the name.</summary>
    NameTaken,
    /// <summary>The id exists already, or the stored revision is not the one that was changed.</summary>
    Conflict,
}

/// <summary>Triggers, on either database.</summary>
internal sealed partial class TriggerStore(Database database)
{
    public async Task<TriggerSaveStatus> AddAsync(TriggerRow row, string? secret, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = InsertSql;
        AddRow(command, row);
        command.AddText("secret", secret);
        command.AddTime("secret_set_at", row.SecretSetAt);
        command.AddTime("created_at", row.CreatedAt);
        command.AddText("created_by", row.CreatedBy);
        return await SaveAsync(command, row, cancellationToken);
    }

    /// <summary>Writes everything but the secrets over the revision that <paramref name="row"/> names.</summary>
    public async Task<TriggerSaveStatus> UpdateAsync(TriggerRow row, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = UpdateSql;
        AddRow(command, row);
        command.AddInteger("revision", row.Revision);
        return await SaveAsync(command, row, cancellationToken);
    }

    /// <summary>
    /// Sets a new secret; the one before stays valid until <paramref name="previousUntil"/>. False when there is no such webhook.
    /// </summary>
    public async Task<bool> RotateAsync(
        string organization, Guid id, string secret, DateTimeOffset? previousUntil, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = RotateSql;
        command.AddId("id", id);
        command.AddText("organization", organization);
        command.AddText("secret", secret);
        command.AddTime("until", previousUntil);
        command.AddTime("now", now);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<bool> DeleteAsync(string organization, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = DeleteSql;
        command.AddId("id", id);
        command.AddText("organization", organization);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<TriggerRow?> FindAsync(string organization, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where t.id = @id and t.organization = @organization";
        command.AddId("id", id);
        command.AddText("organization", organization);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadRow(reader) : null;
    }

    /// <summary>A webhook with its secrets, for a delivery: the sender knows no organization, and proves itself by a signature.</summary>
    public async Task<(TriggerRow Row, TriggerSecrets Secrets)?> FindWebhookAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectWithSecretsSql} where t.id = @id and t.kind = 'webhook'";
        command.AddId("id", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var row = ReadRow(reader);
        return (row, new TriggerSecrets(reader.GetString(16), reader.FindString(17), row.PreviousUntil));
    }

    /// <summary>Triggers by name, those after a name.</summary>
    public async Task<IReadOnlyList<TriggerRow>> ListAsync(
        string organization, TriggerKind? kind, Guid? workflowId, string? afterName, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var where = "t.organization = @organization";
        command.AddText("organization", organization);
        if (kind is { } wanted)
        {
            where += " and t.kind = @kind";
            command.AddText("kind", ToWord(wanted));
        }

        if (workflowId is { } workflow)
        {
            where += " and (t.workflow_id = @workflow_id or t.watched_workflow_id = @workflow_id)";
            command.AddId("workflow_id", workflow);
        }

        if (afterName is not null)
        {
            where += " and t.name > @after";
            command.AddText("after", afterName);
        }

        command.CommandText = $"{SelectSql} where {where} order by t.name limit @limit";
        command.AddInteger("limit", limit);
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>All completion triggers that are not paused, of every organization.</summary>
    public async Task<IReadOnlyList<TriggerRow>> ListWatchingAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = WatchingSql;
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Remembers how far the look for ended executions has come; never backwards.</summary>
    public async Task AdvanceAsync(IEnumerable<(Guid Id, DateTimeOffset ScannedTo)> triggers, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        foreach (var (id, scannedTo) in triggers)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = AdvanceSql;
            command.AddId("id", id);
            command.AddTime("scanned_to", scannedTo);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Executions of some workflows that ended at or after a time, oldest end first.</summary>
    public async Task<IReadOnlyList<EndedExecution>> ListEndedAsync(
        IReadOnlyCollection<Guid> workflows, DateTimeOffset from, (DateTimeOffset At, Guid Id) after, int limit,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        if (command is NpgsqlCommand postgres)
        {
            postgres.Parameters.AddWithValue("workflows", workflows.ToArray());
        }
        else
        {
            command.AddJson("workflows", JsonSerializer.Serialize(workflows.Select(id => SqlValues.ToText(id))));
        }

        command.CommandText =
            EndedSql + (database.Kind is DatabaseKind.Postgres ? PostgresWorkflowsSql : SqliteWorkflowsSql) + EndedOrderSql;
        command.AddTime("from", from);
        command.AddTime("after_time", after.At);
        command.AddId("after_id", after.Id);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<EndedExecution>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var status = StatusRules.TryParse(reader.GetString(4), out var known)
                ? known
                : throw new InvalidDataException($"'{reader.GetString(4)}' is no status of an execution");
            rows.Add(new EndedExecution(
                reader.GetGuid(0), reader.GetString(1), reader.GetGuid(2), reader.GetTime(3), status, reader.GetString(5),
                reader.GetString(6)));
        }

        return rows;
    }

    internal static string ToWord(TriggerKind kind) => kind is TriggerKind.Webhook ? TriggerTypes.Webhook : TriggerTypes.Completion;

    private async Task<TriggerSaveStatus> SaveAsync(DbCommand command, TriggerRow row, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteNonQueryAsync(cancellationToken) > 0 ? TriggerSaveStatus.Saved : TriggerSaveStatus.Conflict;
        }
        catch (DbException exception) when (StorageErrors.IsUniqueViolation(exception))
        {
            // Which key it was is a question of driver and wording; who has the id is a question to the table.
            return await FindAsync(row.Organization, row.Id, cancellationToken) is { } known && command.CommandText == InsertSql
                ? TriggerSaveStatus.Conflict
                : TriggerSaveStatus.NameTaken;
        }
    }

    private static void AddRow(DbCommand command, TriggerRow row)
    {
        command.AddId("id", row.Id);
        command.AddText("organization", row.Organization);
        command.AddText("name", row.Name);
        command.AddText("kind", ToWord(row.Kind));
        command.AddFlag("is_paused", row.IsPaused);
        command.AddId("workflow_id", row.Definition.WorkflowId);
        command.AddId("watched_workflow_id", row.Definition.After?.WorkflowId);
        command.AddText("definition", JsonSerializer.Serialize(row.Definition, TriggerDefinitionJson.Default.TriggerDefinition));
        command.AddTime("active_since", row.ActiveSince);
        command.AddTime("scanned_to", row.ScannedTo);
        command.AddTime("updated_at", row.UpdatedAt);
    }

    private static async Task<IReadOnlyList<TriggerRow>> ReadAllAsync(DbCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<TriggerRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ReadRow(reader));
        }

        return rows;
    }

    private static TriggerRow ReadRow(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Organization = reader.GetString(1),
        Name = reader.GetString(2),
        Kind = reader.GetString(3) == "webhook" ? TriggerKind.Webhook : TriggerKind.Completion,
        IsPaused = reader.GetBoolean(4),
        Revision = reader.GetInt32(5),
        Definition = JsonSerializer.Deserialize(reader.GetString(6), TriggerDefinitionJson.Default.TriggerDefinition)!,
        SecretSetAt = reader.FindTime(7),
        PreviousUntil = reader.FindTime(8),
        ActiveSince = reader.GetTime(9),
        ScannedTo = reader.GetTime(10),
        CreatedAt = reader.GetTime(11),
        UpdatedAt = reader.GetTime(12),
        CreatedBy = reader.FindString(13),
        WorkflowName = reader.FindString(14),
        WatchedWorkflowName = reader.FindString(15),
    };
}
