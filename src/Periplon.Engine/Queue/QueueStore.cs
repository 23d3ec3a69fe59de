using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Queue;

/// <summary>What the partitions of the queue read in the executions' rows, on both databases.</summary>
internal sealed partial class QueueStore(Database database, TimeProvider time) : IQueueStore
{
    // A count looks at every row that waits. The longer it took, the longer its answer serves.
    private const int CountsAgeFactor = 20;

    private static readonly TimeSpan CountsAge = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (long At, TimeSpan Age, IReadOnlyList<QueuedCount> Counts)> _counts =
        new(StringComparer.Ordinal);

    public Task<IReadOnlyList<DueLook>> ListDueAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        ListDueAsync(ListDueSql, partition, until, after, limit, cancellationToken);

    public Task<IReadOnlyList<DueLook>> ListDueStartsAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        ListDueAsync(ListDueStartsSql, partition, until, after, limit, cancellationToken);

    private async Task<IReadOnlyList<DueLook>> ListDueAsync(
        string sql, int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, sql, partition);
        command.AddTime("until", until);
        AddAfter(command, after?.At, after?.Id, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<DueLook>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new DueLook(reader.GetTime(0), reader.GetGuid(1)));
        }

        return due;
    }

    public async Task MoveLooksAsync(IReadOnlyList<DueLook> looks, CancellationToken cancellationToken)
    {
        if (looks.Count == 0)
        {
            return;
        }

        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        if (command is NpgsqlCommand postgres)
        {
            command.CommandText = PostgresMoveSql;
            postgres.Parameters.AddWithValue("ids", looks.Select(look => look.Id).ToArray());
            postgres.Parameters.AddWithValue("times", looks.Select(look => look.At.UtcDateTime).ToArray());
        }
        else
        {
            command.CommandText = SqliteMoveSql;
            command.AddJson("looks", JsonSerializer.Serialize(looks.Select(
                look => new object[] { look.Id, (look.At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond })));
        }

        command.AddTime("now", time.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<StartClass?> NextClassAsync(int partition, StartClass? after, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, after is null ? FirstClassSql : NextClassSql, partition);
        if (after is { } last)
        {
            AddClass(command, last);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new StartClass(reader.GetString(0), reader.GetString(1)) : null;
    }

    public async Task<int?> NextPriorityAsync(int partition, StartClass startClass, long below, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, NextPrioritySql, partition);
        AddClass(command, startClass);
        command.AddNumber("below", below);
        return await command.ExecuteScalarAsync(cancellationToken) is { } found and not DBNull
            ? Convert.ToInt32(found, CultureInfo.InvariantCulture)
            : null;
    }

    public async Task<IReadOnlyList<QueuedStart>> ListQueuedAsync(
        int partition, StartClass startClass, int priority, QueuedStart? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, ListQueuedSql, partition);
        AddClass(command, startClass);
        command.AddInteger("priority", priority);
        AddAfter(command, after?.CreatedAt, after?.Id, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var queued = new List<QueuedStart>();
        while (await reader.ReadAsync(cancellationToken))
        {
            queued.Add(new QueuedStart(reader.GetGuid(0), priority, reader.GetTime(1)));
        }

        return queued;
    }

    public async Task<IReadOnlyList<QueuedCount>> CountQueuedAsync(string? organization, CancellationToken cancellationToken)
    {
        var key = organization ?? "";
        if (_counts.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < known.Age)
        {
            return known.Counts;
        }

        var began = time.GetTimestamp();
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = organization is null ? CountSql : CountOfSql;
        if (organization is not null)
        {
            command.AddText("organization", organization);
        }

        var counts = new List<QueuedCount>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add(new QueuedCount(
                reader.GetString(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetTime(4)));
        }

        var took = time.GetElapsedTime(began) * CountsAgeFactor;
        _counts[key] = (time.GetTimestamp(), took > CountsAge ? took : CountsAge, counts);
        return counts;
    }

    private static DbCommand Command(DbConnection connection, string sql, int partition)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.AddInteger("partition", partition);
        return command;
    }

    private static void AddClass(DbCommand command, StartClass startClass)
    {
        command.AddText("organization", startClass.Organization);
        command.AddText("lane", startClass.Lane);
    }

    private static void AddAfter(DbCommand command, DateTimeOffset? time, Guid? id, int limit)
    {
        command.AddTime("after_time", time ?? DateTimeOffset.UnixEpoch);
        command.AddId("after_id", id ?? Guid.Empty);
        command.AddInteger("limit", limit);
    }
}
