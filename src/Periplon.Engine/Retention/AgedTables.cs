using System.Globalization;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Retention;

/// <summary>A table whose rows are forgotten by their age alone.</summary>
/// <param name="Name">The table; passed by when the schema has none.</param>
/// <param name="TimeColumn">When a row has done its work; null in rows that have not.</param>
/// <param name="Key">What tells its rows apart.</param>
/// <param name="Only">A condition on those that may go; null lets all.</param>
internal sealed record AgedTable(string Name, string TimeColumn, string Key, string? Only = null);

/// <summary>Deletes old rows of tables that are not an execution's own.</summary>
internal sealed class AgedTables(Database database, IReadOnlyList<AgedTable> tables, RetentionInstruments instruments, TimeProvider time)
{
    /// <summary>Deletes what is older than the cutoff, a batch at a time; returns how many rows.</summary>
    public async Task<long> PurgeAsync(
        DateTimeOffset cutoff, int batchSize, Func<TimeSpan, CancellationToken, Task> rest, CancellationToken cancellationToken)
    {
        var all = 0L;
        foreach (var table in tables)
        {
            if (!await database.HasTableAsync(table.Name, cancellationToken))
            {
                continue;
            }

            int deleted;
            do
            {
                var start = time.GetTimestamp();
                deleted = await DeleteAsync(table, cutoff, batchSize, cancellationToken);
                all += deleted;
                await rest(time.GetElapsedTime(start), cancellationToken);
            }
            while (deleted == batchSize);
        }

        return all;
    }

    private async Task<int> DeleteAsync(AgedTable table, DateTimeOffset cutoff, int batchSize, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var only = table.Only is null ? "" : $" and {table.Only}";
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
            delete from {table.Name} where ({table.Key}) in (
              select {table.Key} from {table.Name} where {table.TimeColumn} < @cutoff{only} order by {table.TimeColumn} limit @limit)
            """);
        command.AddTime("cutoff", cutoff);
        command.AddInteger("limit", batchSize);
        var deleted = await command.ExecuteNonQueryAsync(cancellationToken);
        instruments.OnRows(table.Name, deleted);
        return deleted;
    }
}
