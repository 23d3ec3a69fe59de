using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Monthly partitions that are missing, and rows that wait for one in the default partition.</summary>
internal sealed class PartitionsCheck(Database database, PartitionMaintenance maintenance, MonthlyPartitions partitions) : IDoctorCheck
{
    public string Name => "partitions";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        if (database.Kind is not DatabaseKind.Postgres)
        {
            return 0;
        }

        var existing = (await partitions.ListAsync(cancellationToken)).ToHashSet();
        var today = DateOnly.FromDateTime(run.Now.UtcDateTime);
        var months = Enumerable.Range(0, 2).Select(ahead => new DateOnly(today.Year, today.Month, 1).AddMonths(ahead)).ToList();
        foreach (var table in MonthlyPartitions.Tables)
        {
            var waiting = await ReadMonthsAsync(table, cancellationToken);
            foreach (var month in months.Concat(waiting).Distinct().Select(month => new MonthlyPartition(table, month)))
            {
                if (!existing.Contains(month))
                {
                    await run.ReportAsync(Missing(month, waiting.Contains(month.Month)), cancellationToken);
                }
            }
        }

        return existing.Count;
    }

    private async Task<List<DateOnly>> ReadMonthsAsync(string table, CancellationToken cancellationToken)
    {
        await using var connection = (NpgsqlConnection)await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"select distinct date_trunc('month', created_on)::date from {table}_default where created_on < '9000-01-01'",
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var months = new List<DateOnly>();
        while (await reader.ReadAsync(cancellationToken))
        {
            months.Add(reader.GetFieldValue<DateOnly>(0));
        }

        return months;
    }

    private Finding Missing(MonthlyPartition month, bool hasRows) => new()
    {
        Code = hasRows ? "rows_in_default_partition" : "partition_missing",
        Severity = FindingSeverity.Warning,
        Target = $"partition {month.Name}",
        Found = hasRows ? "It does not exist, and rows of its month lie in the default partition" : "It does not exist",
        Matters = "Rows of the default partition are deleted one by one, rather than with their month",
        Advice = hasRows
            ? "--repair creates it and moves the rows there; while a server runs, it gives up after 5 seconds: then stop all silos first"
            : "--repair creates it",
        Mend = async (_, cancellationToken) => await maintenance.CreateAsync(month, cancellationToken) ? new(null, null) : null,
    };
}
