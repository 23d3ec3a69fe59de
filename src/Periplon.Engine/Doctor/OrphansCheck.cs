using System.Globalization;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Rows of journal, log and checkpoints whose execution has no row.</summary>
internal sealed class OrphansCheck(Database database) : IDoctorCheck
{
    private const int PageSize = 500;

    // From one id to the next, however many rows each has. One statement sees one moment: a deletion is not taken for a loss.
    private const string PageSql = """
        with recursive ids (id) as (
          select first.id from (select execution_id as id from {0} where execution_id > @after order by execution_id limit 1) as first
          union all
          select (select execution_id from {0} where execution_id > ids.id order by execution_id limit 1) from ids
           where ids.id is not null)
        select page.id, exists (select 1 from executions e where e.id = page.id)
          from (select id from ids where id is not null limit {1}) as page order by page.id
        """;

    private static readonly (string Table, string What)[] Tables =
    [
        ("execution_events", "journal"), ("execution_logs", "log"), ("checkpoints", "checkpoint"),
    ];

    public string Name => "orphans";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var looked = 0L;
        foreach (var (table, what) in Tables)
        {
            var after = Guid.Empty;
            while (true)
            {
                var page = await ReadPageAsync(table, after, cancellationToken);
                foreach (var (id, _) in page.Where(each => !each.HasRow))
                {
                    await run.ReportAsync(Orphan(table, what, id), cancellationToken);
                }

                looked += page.Count;
                if (page.Count < PageSize)
                {
                    break;
                }

                after = page[^1].Id;
                await run.RestAsync(cancellationToken);
            }
        }

        return looked;
    }

    private async Task<List<(Guid Id, bool HasRow)>> ReadPageAsync(string table, Guid after, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = PageSql.Replace("{0}", table, StringComparison.Ordinal)
            .Replace("{1}", PageSize.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        command.AddId("after", after);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var page = new List<(Guid, bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            page.Add((reader.GetGuid(0), reader.GetBoolean(1)));
        }

        return page;
    }

    private static Finding Orphan(string table, string what, Guid id) => new()
    {
        Code = $"orphan_{what}",
        Severity = FindingSeverity.Warning,
        Target = $"execution {id:D}",
        Found = $"Table {table} has rows of it, and it has no row in executions",
        Matters = "They take space and belong to nothing; a start under the same idempotency key would find them",
        Advice = "--repair deletes them. Those of a month that retention is about to drop go with it",
        Mend = async (session, cancellationToken) =>
        {
            await session.BeginAsync(cancellationToken);
            await using var command = session.Command(
                $"delete from {table} where execution_id = @id and not exists (select 1 from executions e where e.id = @id)");
            command.AddId("id", id);
            var rows = await command.ExecuteNonQueryAsync(cancellationToken);
            return rows == 0
                ? null
                : new($"{{\"table\":\"{table}\",\"rows\":{rows.ToString(CultureInfo.InvariantCulture)}}}", null);
        },
    };
}
