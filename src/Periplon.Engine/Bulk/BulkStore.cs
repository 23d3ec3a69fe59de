using System.Data.Common;
using System.Text.Json;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Bulk;

/// <summary>Bulk operations, on either database.</summary>
internal sealed partial class BulkStore(Database database)
{
    /// <summary>An operation was added here. Handlers only take note.</summary>
    public event Action? Added;

    /// <summary>False when the id exists, or when its organization has <see cref="BulkOperation.MostRunning"/> under way.</summary>
    public async Task<bool> AddAsync(BulkOperation operation, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (database.Kind is DatabaseKind.Postgres)
        {
            await using var turn = connection.CreateCommand();
            turn.Transaction = transaction;
            turn.CommandText = LockSql;
            turn.AddText("organization", operation.Organization);
            await turn.ExecuteScalarAsync(cancellationToken);
        }

        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = InsertSql;
        command.AddInteger("most", BulkOperation.MostRunning);
        command.AddId("id", operation.Id);
        command.AddText("organization", operation.Organization);
        command.AddText("action", operation.Action);
        command.AddText("request", JsonSerializer.Serialize(operation.Request, BulkJson.Default.BulkRequest));
        command.AddText("reason", operation.Reason);
        command.AddFlag("no", false);
        command.AddNumber("matched", operation.Matched);
        command.AddTime("created_at", operation.CreatedAt);
        command.AddText("created_by", operation.CreatedBy);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        await transaction.CommitAsync(cancellationToken);
        Added?.Invoke();
        return true;
    }

    public async Task<BulkOperation?> FindAsync(string organization, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where id = @id and organization = @organization";
        command.AddId("id", id);
        command.AddText("organization", organization);
        return await ReadAllAsync(command, cancellationToken) is [var found] ? found : null;
    }

    /// <summary>Operations, newest first.</summary>
    public async Task<IReadOnlyList<BulkOperation>> ListAsync(
        string organization, BulkStatus? status, BulkCursor? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var where = "organization = @organization";
        command.AddText("organization", organization);
        if (status is { } wanted)
        {
            where += " and status = @status";
            command.AddText("status", ToWord(wanted));
        }

        if (after is not null)
        {
            where += " and (created_at, id) < (@after_time, @after_id)";
            command.AddTime("after_time", after.CreatedAt);
            command.AddId("after_id", after.Id);
        }

        command.CommandText = $"{SelectSql} where {where} order by created_at desc, id desc limit @limit";
        command.AddInteger("limit", limit);
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Asks for the end of an operation. False when there is none that runs.</summary>
    public async Task<bool> RequestCancelAsync(string organization, Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = CancelSql;
        command.AddId("id", id);
        command.AddText("organization", organization);
        command.AddFlag("yes", true);
        command.AddTime("now", now);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>
    /// Operations that have not ended, in the order in which they have their turn: of each organization the one that is to be cancelled or
    /// was left longest, then the second of each.
    /// </summary>
    public async Task<IReadOnlyList<BulkOperation>> ListRunningAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = RunningSql;
        command.AddInteger("limit", limit);
        var turns = new Dictionary<string, int>();
        return
        [
            .. (await ReadAllAsync(command, cancellationToken))
                .OrderByDescending(each => each.CancelRequested).ThenBy(each => (each.UpdatedAt, each.Id))
                .Select(each => (Operation: each, Turn: turns[each.Organization] = turns.GetValueOrDefault(each.Organization) + 1))
                .OrderBy(each => each.Turn).Select(each => each.Operation),
        ];
    }

    /// <summary>Takes an operation over from the claim it had; null when another was faster.</summary>
    public async Task<BulkOperation?> ClaimAsync(
        BulkOperation operation, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken)
    {
        var claim = Guid.NewGuid();
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ClaimSql;
        command.AddId("id", operation.Id);
        command.AddId("claim", claim);
        command.AddId("before", operation.Claim);
        command.AddText("owner", owner);
        command.AddTime("lease_until", leaseUntil);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0
            ? operation with { Claim = claim, Owner = owner, LeaseUntil = leaseUntil }
            : null;
    }

    /// <summary>Says that the owner still works on an operation. False when it is another's by now.</summary>
    public async Task<bool> RenewAsync(BulkOperation operation, DateTimeOffset leaseUntil, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = RenewSql;
        command.AddId("id", operation.Id);
        command.AddId("claim", operation.Claim);
        command.AddTime("lease_until", leaseUntil);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Writes how far an operation is; null when it is another's by now.</summary>
    public async Task<BulkOperation?> SaveAsync(BulkOperation operation, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SaveSql;
        command.AddId("id", operation.Id);
        command.AddId("claim", operation.Claim);
        command.AddText("status", ToWord(operation.Status));
        command.AddNumber("done", operation.Done);
        command.AddNumber("unchanged", operation.Unchanged);
        command.AddNumber("failed", operation.Failed);
        command.AddText("errors", JsonSerializer.Serialize(operation.Errors, BulkJson.Default.IReadOnlyListBulkError));
        command.AddTime("cursor_at", operation.Cursor?.CreatedAt);
        command.AddId("cursor_id", operation.Cursor?.Id);
        command.AddTime("lease_until", operation.LeaseUntil);
        command.AddTime("updated_at", operation.UpdatedAt);
        command.AddTime("completed_at", operation.CompletedAt);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? operation with { CancelRequested = reader.GetBoolean(0) } : null;
    }

    /// <summary>Gives an operation back, so that another may go on with it at once.</summary>
    public async Task ReleaseAsync(BulkOperation operation, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ReleaseSql;
        command.AddId("id", operation.Id);
        command.AddId("claim", operation.Claim);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes operations that ended long ago, a few at a time; returns how many.</summary>
    public async Task<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PurgeSql;
        command.AddTime("before", before);
        command.AddInteger("limit", limit);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static string ToWord(BulkStatus status) => status switch
    {
        BulkStatus.Running => "running",
        BulkStatus.Completed => "completed",
        _ => "cancelled",
    };

    internal static BulkStatus? FindStatus(string word) => word switch
    {
        "running" => BulkStatus.Running,
        "completed" => BulkStatus.Completed,
        "cancelled" => BulkStatus.Cancelled,
        _ => null,
    };

    private static async Task<IReadOnlyList<BulkOperation>> ReadAllAsync(DbCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<BulkOperation>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(Read(reader));
        }

        return rows;
    }

    private static BulkOperation Read(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Organization = reader.GetString(1),
        Action = reader.GetString(2),
        Request = JsonSerializer.Deserialize(reader.GetString(3), BulkJson.Default.BulkRequest)!,
        Reason = reader.FindString(4),
        Status = FindStatus(reader.GetString(5)) ?? throw new InvalidDataException($"'{reader.GetString(5)}' is no status of an operation"),
        CancelRequested = reader.GetBoolean(6),
        Matched = reader.GetInt64(7),
        Done = reader.GetInt64(8),
        Unchanged = reader.GetInt64(9),
        Failed = reader.GetInt64(10),
        Errors = JsonSerializer.Deserialize(reader.GetString(11), BulkJson.Default.IReadOnlyListBulkError)!,
        Cursor = reader.FindTime(12) is { } at ? new ExecutionCursor(at, reader.GetGuid(13)) : null,
        Claim = reader.FindGuid(14),
        Owner = reader.FindString(15),
        LeaseUntil = reader.FindTime(16),
        CreatedAt = reader.GetTime(17),
        CreatedBy = reader.FindString(18),
        UpdatedAt = reader.GetTime(19),
        CompletedAt = reader.FindTime(20),
    };
}
