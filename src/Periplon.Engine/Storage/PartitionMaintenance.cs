using System.Globalization;
using Npgsql;

namespace Periplon.Engine.Storage;

/// <summary>
/// Creates the monthly partitions of the journal and the log some months ahead. A missing month is no failure: its rows go to the default
/// partition, and move when the month is created. While a server runs this holds nobody up for more than some seconds: what it cannot do in
/// that time it leaves. On SQLite there is nothing to do.
/// </summary>
internal sealed class PartitionMaintenance(Database database, TimeProvider time, bool isOffline = false)
{
    private const int MonthsAhead = 3;
    private const string LongestMove = "5s";

    /// <summary>Creates what is missing of this month and the coming ones.</summary>
    /// <returns>How many partitions were created.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (database.Kind is not DatabaseKind.Postgres)
        {
            return 0;
        }

        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var month = new DateOnly(today.Year, today.Month, 1);
        var created = 0;
        foreach (var table in MonthlyPartitions.Tables)
        {
            for (var ahead = 0; ahead <= MonthsAhead; ahead++)
            {
                created += await CreateAsync(new(table, month.AddMonths(ahead)), cancellationToken) ? 1 : 0;
            }
        }

        return created;
    }

    /// <summary>Creates a partition, and moves the rows of its month there.</summary>
    /// <returns>Whether there was none.</returns>
    public async Task<bool> CreateAsync(MonthlyPartition partition, CancellationToken cancellationToken)
    {
        var (table, name) = (partition.Table, partition.Name);
        var from = partition.Month.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var to = partition.Month.AddMonths(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        await using var connection = (NpgsqlConnection)await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        async Task<object?> RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            if (isOffline)
            {
                command.CommandTimeout = 0; // None: the driver has a limit of its own.
            }

            return await command.ExecuteScalarAsync(cancellationToken);
        }

        // Silos maintain at the same time; the second finds the partition of the first. A schema from before a table has no use for it.
        await RunAsync("select pg_advisory_xact_lock(8099002322093696879)");

        // While this waits for its lock, all appends wait behind it, and while it moves rows they wait for it.
        await RunAsync($"set local lock_timeout = '2s'; set local statement_timeout = '{(isOffline ? "0" : LongestMove)}'");
        if (await RunAsync($"select to_regclass('{table}') is not null and to_regclass('{name}') is null") is not true)
        {
            return false;
        }

        // The rows of the month may be in the default partition already, where a direct "create ... partition of" would refuse them.
        // No row can slip in between: the lock on the default partition is taken before it is looked at and held to the end. It is empty
        // in practice, and then the look and the attaching, which reads it again, cost nothing.
        await RunAsync($"create table {name} (like {table}_default including all); lock table {table}_default in access exclusive mode");
        if (await RunAsync($"select exists (select 1 from {table}_default)") is true)
        {
            await RunAsync($"""
                with moved as (delete from {table}_default where created_on >= '{from}' and created_on < '{to}' returning *)
                insert into {name} select * from moved
                """);
        }

        await RunAsync($"alter table {table} attach partition {name} for values from ('{from}') to ('{to}')");
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
