using System.Globalization;
using Npgsql;

namespace Periplon.Engine.Storage;

/// <summary>A monthly partition of a table.</summary>
/// <param name="Table">The partitioned table.</param>
/// <param name="Month">First day of the month.</param>
internal sealed record MonthlyPartition(string Table, DateOnly Month)
{
    private const string Suffix = "yyyy_MM";

    /// <summary>Name of the partition in the database.</summary>
    public string Name => $"{Table}_{Month.ToString(Suffix, CultureInfo.InvariantCulture)}";

    /// <summary>The least id of an execution whose rows belong here.</summary>
    public Guid FirstId => FirstIdOf(Month);

    /// <summary>The least id beyond it.</summary>
    public Guid EndId => FirstIdOf(Month.AddMonths(1));

    /// <summary>When the month is over.</summary>
    public DateTimeOffset End => new(Month.AddMonths(1), TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>The partition of a name; null for the default one and those of others.</summary>
    public static MonthlyPartition? Parse(string table, string name) =>
        name.StartsWith(table + "_", StringComparison.Ordinal)
        && DateOnly.TryParseExact(name.AsSpan(table.Length + 1), Suffix, CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
            ? new(table, month)
            : null;

    // Ids begin with milliseconds since 1970, and the database compares them byte by byte.
    private static Guid FirstIdOf(DateOnly month)
    {
        var milliseconds = new DateTimeOffset(month, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 5; i >= 0; i--)
        {
            bytes[i] = (byte)milliseconds;
            milliseconds >>= 8;
        }

        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>The monthly partitions of journal and log on PostgreSQL: which there are, and the end of old ones.</summary>
internal sealed class MonthlyPartitions(Database database, TimeProvider time)
{
    public static readonly IReadOnlyList<string> Tables = ["execution_events", "execution_logs"];

    private const int MostTries = 5;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(300);

    /// <summary>The monthly partitions, oldest first; none on SQLite.</summary>
    public async Task<IReadOnlyList<MonthlyPartition>> ListAsync(CancellationToken cancellationToken)
    {
        var partitions = new List<MonthlyPartition>();
        if (database.Kind is not DatabaseKind.Postgres)
        {
            return partitions;
        }

        await using var connection = (NpgsqlConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        foreach (var table in Tables)
        {
            await using var command = new NpgsqlCommand(
                "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass($1)", connection);
            command.Parameters.Add(new() { Value = table });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                if (MonthlyPartition.Parse(table, reader.GetString(0)) is { } partition)
                {
                    partitions.Add(partition);
                }
            }
        }

        return [.. partitions.OrderBy(partition => partition.Month).ThenBy(partition => partition.Table, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Drops a partition to which no execution belongs any more. Nobody waits long for it: the locks are taken within a fifth of a second
    /// or given up, and tried again a few times.
    /// </summary>
    /// <returns>Whether it was dropped; not when an execution belongs to it, or the locks could not be had.</returns>
    public async Task<bool> TryDropAsync(MonthlyPartition partition, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await DropAsync(partition, cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                if (tries == MostTries)
                {
                    return false;
                }

                await Task.Delay(RetryDelay * tries, time, cancellationToken);
            }
        }
    }

    private async Task<bool> DropAsync(MonthlyPartition partition, CancellationToken cancellationToken)
    {
        await using var connection = (NpgsqlConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        if (await HasExecutionsAsync(connection, partition, cancellationToken))
        {
            return false;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Not "concurrently", which PostgreSQL refuses beside a default partition. The parent first, as every append takes its locks, so
        // that nobody waits in a circle.
        await using (var locks = new NpgsqlCommand(
            $"set local lock_timeout = '200ms'; lock table only {partition.Table} in access exclusive mode; "
            + $"lock table {partition.Name} in access exclusive mode", connection, transaction))
        {
            await locks.ExecuteNonQueryAsync(cancellationToken);
        }

        // An execution whose key is older than the month may have begun just now: its row would be committed by now.
        if (await HasExecutionsAsync(connection, partition, cancellationToken))
        {
            return false;
        }

        await using (var drop = new NpgsqlCommand(
            $"alter table {partition.Table} detach partition {partition.Name}; drop table {partition.Name}", connection, transaction))
        {
            await drop.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static async Task<bool> HasExecutionsAsync(
        NpgsqlConnection connection, MonthlyPartition partition, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select 1 from executions where id >= $1 and id < $2 limit 1)", connection);
        command.Parameters.Add(new() { Value = partition.FirstId });
        command.Parameters.Add(new() { Value = partition.EndId });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
