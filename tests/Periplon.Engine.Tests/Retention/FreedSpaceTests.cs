using System.Globalization;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Retention;

/// <summary>What becomes of the space of deleted rows on PostgreSQL.</summary>
public sealed class FreedSpaceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Release_IndexesThatAreMostlyEmpty_AreWrittenAnew()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.Postgres);
        await test.ScalarAsync("""
            insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                    trigger_type, inputs, retry_count, labels, created_at, completed_at)
            select gen_random_uuid(), 'default', gen_random_uuid(), 'w', '1', 1, 'completed', 0, 0, 'manual', '{}', 0, '{}', now(), now()
              from generate_series(1, 30000)
            """);
        await test.ScalarAsync("delete from executions where id not in (select id from executions limit 10)");
        var before = await SizeAsync(test);
        before.ShouldBeGreaterThan(8_000_000);

        var space = new FreedSpace(test.Database, new MonthlyPartitions(test.Database, TimeProvider.System), TimeProvider.System)
        {
            WorthRebuild = 500_000,
        };
        await space.ReleaseAsync(FreedSpace.WorthVacuum, (_, _) => Task.CompletedTask, Ct);
        (await SizeAsync(test)).ShouldBeLessThan(500_000);
        (await test.ScalarAsync("select count(*) from pg_index where not indisvalid")).ShouldBe(0L);
        (await test.ScalarAsync("select count(*) from executions")).ShouldBe(10L);
    }

    // Of the indexes that hold an entry for each of those rows.
    private static async Task<long> SizeAsync(TestDatabase test) => Convert.ToInt64(
        await test.ScalarAsync("""
            select sum(pg_relation_size(i.indexrelid)) from pg_index i
             where i.indrelid = 'executions'::regclass and pg_get_indexdef(i.indexrelid) not like '%gin%'
            """),
        CultureInfo.InvariantCulture);
}
