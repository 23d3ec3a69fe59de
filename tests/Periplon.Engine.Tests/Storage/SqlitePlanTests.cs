using Microsoft.Data.Sqlite;
using Periplon.Engine.Queue;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>
/// Statements that run often and must not go through all executions or runs: SQLite chooses between indexes without counting rows.
/// </summary>
public sealed class SqlitePlanTests
{
    public static TheoryData<string, string> Statements => new()
    {
        { Pulse.SqlOf(2, 2), "executions_queued_wake (partition=?" },
        { ExecutionQueries.SelectSql + " where id = @id", "executions_retry_of (retry_of=?)" },
        {
            ExecutionQueries.SelectSql + " where organization = @id and triggered_by = @before order by created_at desc, id desc limit @limit",
            "executions_starter (organization=? AND triggered_by=?"
        },
        {
            ExecutionQueries.SqliteLabelledSql + " where owner = @id and label = @before and value = @after order by at desc, execution_id desc",
            "execution_labels USING PRIMARY KEY (owner=? AND label=? AND value=?)"
        },
        { QueueStore.ListDueSql, "executions_wake (partition=? AND (" },
        { QueueStore.ListDueStartsSql, "executions_queued_wake (partition=? AND (" },
        { ScheduleStore.SettleSql, "schedule_runs_active (shard=?)" },
        { ScheduleStore.SettleLostSql, "schedule_runs_active (shard=?)" },
        { ScheduleStore.ForgottenSql(DatabaseKind.Sqlite), "schedule_runs_active (shard=? AND schedule_id>?)" },
    };

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task Plan_OfAFrequentStatement_SearchesByItsIndex(string sql, string index)
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var connection = ((SqliteDataSource)test.Database.Engine).OpenSqlite();
        await using var command = connection.CreateCommand();
        command.CommandText = "explain query plan " + sql;
        foreach (var name in new[] { "id", "shard", "now", "before", "after", "passed", "each", "limit", "partition", "until", "after_time", "after_id", "overtaken" })
        {
            command.Parameters.Add(new SqliteParameter(name, name is "passed" ? "[]" : 1));
        }

        var plan = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            plan.Add(reader.GetString(3));
        }

        var text = string.Join('\n', plan);
        text.ShouldContain(index);
        plan.ShouldNotContain(step => step.StartsWith("SCAN", StringComparison.Ordinal) && step.Contains("USING", StringComparison.Ordinal)
            && !step.Contains("_running", StringComparison.Ordinal) && !step.Contains("_pending", StringComparison.Ordinal)
            && !step.Contains("_watching", StringComparison.Ordinal), text);
    }
}
