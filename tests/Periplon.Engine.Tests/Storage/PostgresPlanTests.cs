using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>The journal's statement is planned once for a connection, which may be while the tables are still empty.</summary>
public sealed class PostgresPlanTests
{
    [Fact]
    public async Task Plan_OfTheAppendWhileTablesAreEmpty_LooksRowsUpByTheirKeys()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.Postgres);
        await using var connection = await test.Database.Journal.OpenConnectionAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "prepare append as " + PostgresJournalStore.AppendSql;
        await command.ExecuteNonQueryAsync(ct);
        command.CommandText = $"explain execute append({string.Join(", ", Enumerable.Repeat("null", 31))})";
        var plan = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                plan.Add(reader.GetString(0));
            }
        }

        var text = string.Join('\n', plan);
        text.ShouldContain("Index Scan using executions_pkey on executions e");
        plan.ShouldNotContain(step => step.Contains("Seq Scan on", StringComparison.Ordinal), text);
        plan.ShouldNotContain(step => step.Contains("Bitmap", StringComparison.Ordinal), text);
        plan.ShouldNotContain(step => step.Contains("Hash Join", StringComparison.Ordinal), text);
    }
}
