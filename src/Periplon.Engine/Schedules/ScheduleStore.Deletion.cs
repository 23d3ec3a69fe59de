using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

internal sealed partial class ScheduleStore
{
    public async Task<bool> DeleteAsync(string organization, Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var transaction = await BeginAsync(connection, cancellationToken);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = DeleteSql;
        command.AddId("id", id);
        command.AddText("organization", organization);
        command.AddTime("now", now);
        command.AddFlag("no", false);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        await using var backfills = connection.CreateCommand();
        backfills.Transaction = transaction;
        backfills.CommandText = EndBackfillsSql;
        backfills.AddId("id", id);
        backfills.AddTime("now", now);
        await backfills.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<int> RemoveDeletedAsync(int shard, DateTimeOffset late, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var runs = connection.CreateCommand();
        runs.CommandText = RemoveRunsSql;
        runs.AddInteger("shard", shard);
        runs.AddTime("late", late);
        runs.AddInteger("limit", limit);
        var count = await runs.ExecuteNonQueryAsync(cancellationToken);
        if (count < limit)
        {
            await using var schedules = connection.CreateCommand();
            schedules.CommandText = RemoveSchedulesSql;
            schedules.AddInteger("shard", shard);
            await schedules.ExecuteNonQueryAsync(cancellationToken);
        }

        return count;
    }
}
