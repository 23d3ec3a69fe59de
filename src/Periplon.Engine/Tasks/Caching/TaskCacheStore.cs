using System.Data.Common;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tasks.Caching;

/// <summary>The cache as a table, on both databases.</summary>
internal sealed class TaskCacheStore(Database database) : ITaskCacheStore
{
    private const string KeySql = "organization = @organization and workflow_id = @workflow_id and task = @task and key_hash = @key_hash";

    private const string FindSql =
        $"select output, created_at from task_cache where {KeySql} and (expires_at is null or expires_at > @now)";

    private const string SaveSql = """
        insert into task_cache (organization, workflow_id, task, key_hash, output, created_at, expires_at)
        values (@organization, @workflow_id, @task, @key_hash, @output, @created_at, @expires_at)
        on conflict (organization, workflow_id, task, key_hash)
        do update set output = excluded.output, created_at = excluded.created_at, expires_at = excluded.expires_at
        """;

    private const string PurgeSql = """
        delete from task_cache where (organization, workflow_id, task, key_hash) in (
          select organization, workflow_id, task, key_hash from task_cache
           where expires_at <= @now or (expires_at is null and created_at < @older_than)
           limit @limit)
        """;

    public async Task<TaskCacheEntry?> FindAsync(TaskCacheKey key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = FindSql;
        AddKey(command, key);
        command.AddTime("now", now);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new TaskCacheEntry(reader.GetString(0), reader.GetTime(1)) : null;
    }

    public async Task SaveAsync(
        TaskCacheKey key, TaskCacheEntry entry, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SaveSql;
        AddKey(command, key);
        command.AddText("output", entry.Output);
        command.AddTime("created_at", entry.CreatedAt);
        command.AddTime("expires_at", expiresAt);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<int> PurgeAsync(DateTimeOffset now, DateTimeOffset olderThan, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PurgeSql;
        command.AddTime("now", now);
        command.AddTime("older_than", olderThan);
        command.AddInteger("limit", limit);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddKey(DbCommand command, TaskCacheKey key)
    {
        command.AddText("organization", key.Organization);
        command.AddId("workflow_id", key.WorkflowId);
        command.AddText("task", key.Task);
        command.AddText("key_hash", key.KeyHash);
    }
}
